/* SPDX-License-Identifier: MIT */
/*
 * unit: runs the suites of all modules and prints TAP. Data files are found
 * below the environment's `srcdir`, which make sets.
 */
#include "unit.h"

#include <stdlib.h>

/* One a line, so that additions do not meet. */
/* clang-format off */
static Suite *(*const suites[])(void) = {
	suite_action,
	suite_allowance,
	suite_body,
	suite_buf,
	suite_bytes,
	suite_conf_retired,
	suite_crypt,
	suite_db_sql,
	suite_etag,
	suite_failing,
	suite_field_errors,
	suite_gateway,
	suite_headroom,
	suite_histogram,
	suite_hook_form,
	suite_http,
	suite_id,
	suite_identifier,
	suite_jscan,
	suite_jtree,
	suite_keepsake,
	suite_lane,
	suite_listing,
	suite_log,
	suite_match,
	suite_mem,
	suite_meter,
	suite_nearest,
	suite_outcome,
	suite_parcel,
	suite_policy,
	suite_pace,
	suite_prometheus,
	suite_publishable,
	suite_request,
	suite_response,
	suite_retry,
	suite_route,
	suite_shown,
	suite_share,
	suite_sign,
	suite_standing,
	suite_stats_range,
	suite_tally,
	suite_target,
	suite_target_url,
	suite_text,
	suite_trigger,
	suite_turns,
	suite_valid,
	suite_vault,
	suite_watch,
	suite_webhook_id,
	suite_worker_count,
};
/* clang-format on */

/* Under AddressSanitizer a refused allocation shall return, as it does
 * without: what happens then is tested. Nobody else calls this. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

int main(void)
{
	SRunner *runner = srunner_create(NULL);
	int failed;

	for (size_t i = 0; i < COUNT(suites); i++)
		srunner_add_suite(runner, suites[i]());
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
