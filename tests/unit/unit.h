/* SPDX-License-Identifier: MIT */
/*
 * unit: the suites, one for each module, and their common part.
 */
#ifndef HOOKS_UNIT_H
#define HOOKS_UNIT_H

#include <check.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

Suite *suite_action(void);
Suite *suite_allowance(void);
Suite *suite_body(void);
Suite *suite_buf(void);
Suite *suite_bytes(void);
Suite *suite_conf_retired(void);
Suite *suite_crypt(void);
Suite *suite_db_sql(void);
Suite *suite_etag(void);
Suite *suite_failing(void);
Suite *suite_field_errors(void);
Suite *suite_gateway(void);
Suite *suite_headroom(void);
Suite *suite_histogram(void);
Suite *suite_hook_form(void);
Suite *suite_http(void);
Suite *suite_id(void);
Suite *suite_identifier(void);
Suite *suite_jscan(void);
Suite *suite_jtree(void);
Suite *suite_keepsake(void);
Suite *suite_lane(void);
Suite *suite_listing(void);
Suite *suite_log(void);
Suite *suite_match(void);
Suite *suite_mem(void);
Suite *suite_meter(void);
Suite *suite_nearest(void);
Suite *suite_outcome(void);
Suite *suite_parcel(void);
Suite *suite_policy(void);
Suite *suite_pace(void);
Suite *suite_prometheus(void);
Suite *suite_publishable(void);
Suite *suite_request(void);
Suite *suite_response(void);
Suite *suite_retry(void);
Suite *suite_route(void);
Suite *suite_shown(void);
Suite *suite_share(void);
Suite *suite_sign(void);
Suite *suite_standing(void);
Suite *suite_stats_range(void);
Suite *suite_tally(void);
Suite *suite_target(void);
Suite *suite_target_url(void);
Suite *suite_text(void);
Suite *suite_trigger(void);
Suite *suite_turns(void);
Suite *suite_valid(void);
Suite *suite_vault(void);
Suite *suite_watch(void);
Suite *suite_webhook_id(void);
Suite *suite_worker_count(void);

#endif
