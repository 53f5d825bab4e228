# SPDX-License-Identifier: MIT
# The C suite, in Check: no server, no network but this machine.
TESTS += %D%/unit
check_PROGRAMS += %D%/unit
%C%_unit_SOURCES = \
	%D%/test_action.c \
	%D%/test_allowance.c \
	%D%/test_body.c \
	%D%/test_buf.c \
	%D%/test_bytes.c \
	%D%/test_conf_retired.c \
	%D%/test_crypt.c \
	%D%/test_db_sql.c \
	%D%/test_etag.c \
	%D%/test_failing.c \
	%D%/test_field_errors.c \
	%D%/test_gateway.c \
	%D%/test_headroom.c \
	%D%/test_histogram.c \
	%D%/test_hook_form.c \
	%D%/test_http.c \
	%D%/test_id.c \
	%D%/test_identifier.c \
	%D%/test_jscan.c \
	%D%/test_jtree.c \
	%D%/test_keepsake.c \
	%D%/test_lane.c \
	%D%/test_listing.c \
	%D%/test_log.c \
	%D%/test_match.c \
	%D%/test_mem.c \
	%D%/test_meter.c \
	%D%/test_nearest.c \
	%D%/test_outcome.c \
	%D%/test_parcel.c \
	%D%/test_policy.c \
	%D%/test_pace.c \
	%D%/test_prometheus.c \
	%D%/test_publishable.c \
	%D%/test_request.c \
	%D%/test_response.c \
	%D%/test_retry.c \
	%D%/test_route.c \
	%D%/test_shown.c \
	%D%/test_share.c \
	%D%/test_sign.c \
	%D%/test_standing.c \
	%D%/test_stats_range.c \
	%D%/test_tally.c \
	%D%/test_target.c \
	%D%/test_target_url.c \
	%D%/test_text.c \
	%D%/test_trigger.c \
	%D%/test_turns.c \
	%D%/test_valid.c \
	%D%/test_vault.c \
	%D%/test_watch.c \
	%D%/test_webhook_id.c \
	%D%/test_worker_count.c \
	%D%/unit.c %D%/unit.h \
	%D%/unit_call.c %D%/unit_call.h
%C%_unit_CPPFLAGS = $(api_cppflags)
%C%_unit_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_unit_LDADD = $(api_libraries) $(CHECK_LIBS)
EXTRA_DIST += %D%/json
