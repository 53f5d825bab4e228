# SPDX-License-Identifier: MIT
# HTTP in, JSON out: a library of its own, so that its parts have unit tests, and
# the program hooks.fcgi.
noinst_LIBRARIES += %D%/libapi.a
api_cppflags = $(AM_CPPFLAGS) -I$(srcdir)/%D% -DBINDIR='"$(bindir)"'
api_libraries = %D%/libapi.a $(libraries) $(FCGI_LIBS)
%C%_libapi_a_CPPFLAGS = $(api_cppflags)
%C%_libapi_a_SOURCES = \
	%D%/api.h \
	%D%/api_action.c \
	%D%/api_delivery.c \
	%D%/api_erase.c \
	%D%/api_health.c \
	%D%/api_hook.c \
	%D%/api_metrics.c \
	%D%/api_notification.c \
	%D%/api_openapi.c \
	%D%/api_org.c \
	%D%/api_ping.c \
	%D%/api_publish.c \
	%D%/api_remove.c \
	%D%/api_replay.c \
	%D%/api_resume.c \
	%D%/api_run.c \
	%D%/api_secret.c \
	%D%/api_stats.c \
	%D%/auth.c \
	%D%/auth.h \
	%D%/body.c \
	%D%/body.h \
	%D%/call.c \
	%D%/call.h \
	%D%/etag.c \
	%D%/etag.h \
	%D%/field_errors.c \
	%D%/field_errors.h \
	%D%/gateway.c \
	%D%/gateway.h \
	%D%/hook_change.c \
	%D%/hook_change.h \
	%D%/hook_form.c \
	%D%/hook_form.h \
	%D%/hook_headers.c \
	%D%/hook_headers.h \
	%D%/hops.c \
	%D%/hops.h \
	%D%/kick.c \
	%D%/kick.h \
	%D%/listing.c \
	%D%/listing.h \
	%D%/meter.c \
	%D%/meter.h \
	%D%/openapi_text.h \
	%D%/prometheus.c \
	%D%/prometheus.h \
	%D%/publish_room.c \
	%D%/publish_room.h \
	%D%/request.c \
	%D%/request.h \
	%D%/response.c \
	%D%/response.h \
	%D%/route.c \
	%D%/route.h \
	%D%/share.c \
	%D%/share.h \
	%D%/spawn.c \
	%D%/spawn.h \
	%D%/stats_range.c \
	%D%/stats_range.h

cgidir = @cgidir@
cgi_PROGRAMS = hooks.fcgi
hooks_fcgi_SOURCES = %D%/main.c
hooks_fcgi_CPPFLAGS = $(api_cppflags)
hooks_fcgi_LDADD = $(api_libraries)

# The interface's description is part of it, also as JSON.
nodist_%C%_libapi_a_SOURCES = %D%/openapi_text.c
%D%/openapi.json: htdocs/openapi.yaml %D%/json.awk
	$(AM_V_GEN)$(MKDIR_P) %D% && $(AWK) -f $(srcdir)/%D%/json.awk \
		$(srcdir)/htdocs/openapi.yaml >$@.tmp && mv $@.tmp $@
%D%/openapi_text.c: %D%/openapi.json %D%/embed.awk
	$(AM_V_GEN)$(AWK) -f $(srcdir)/%D%/embed.awk \
		$(srcdir)/htdocs/openapi.yaml %D%/openapi.json >$@.tmp && \
	mv $@.tmp $@
CLEANFILES += %D%/openapi.json %D%/openapi.json.tmp \
	%D%/openapi_text.c %D%/openapi_text.c.tmp
EXTRA_DIST += %D%/json.awk %D%/embed.awk
