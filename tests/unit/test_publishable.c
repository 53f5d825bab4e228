/* SPDX-License-Identifier: MIT */
/*
 * The rules for the times of a notification.
 */
#include "unit.h"

#include "base/text.h"
#include "rules/publishable.h"

#define DAY INT64_C(86400000)
#define NOW (INT64_C(20000) * DAY)

START_TEST(times)
{
	ck_assert_ptr_null(publishable_time(NOW, NOW));
	ck_assert_ptr_null(publishable_time(NOW + 400 * DAY, NOW));
	ck_assert_ptr_null(publishable_time(NOW - 400 * DAY, NOW));
	ck_assert_ptr_nonnull(publishable_time(NOW + 400 * DAY + 1, NOW));
	ck_assert_ptr_nonnull(publishable_time(NOW - 400 * DAY - 1, NOW));
}
END_TEST

START_TEST(ends)
{
	ck_assert_ptr_null(publishable_end(NOW + 1, TIME_NONE, NOW));
	ck_assert_ptr_null(publishable_end(NOW + 1, NOW - 1, NOW));
	ck_assert_ptr_null(publishable_end(NOW + 3, NOW + 2, NOW));
	ck_assert_str_eq(publishable_end(NOW, TIME_NONE, NOW), "is past");
	ck_assert_str_eq(publishable_end(NOW + 2, NOW + 2, NOW),
			 "is not after deliver_at");
}
END_TEST

Suite *suite_publishable(void)
{
	Suite *s = suite_create("publishable");
	TCase *t = tcase_create("publishable");

	tcase_add_test(t, times);
	tcase_add_test(t, ends);
	suite_add_tcase(s, t);
	return s;
}
