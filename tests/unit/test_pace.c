/* SPDX-License-Identifier: MIT */
/*
 * pace: halvings, down to one at a time and one in ten seconds, and back.
 */
#include "unit.h"

#include "rules/pace.h"

START_TEST(half_as_many_at_a_time)
{
	ck_assert_uint_eq(pace_window(32, 0), 32);
	ck_assert_uint_eq(pace_window(32, 1), 16);
	ck_assert_uint_eq(pace_window(32, 5), 1);
	ck_assert_uint_eq(pace_window(33, 5), 1);
	ck_assert_uint_eq(pace_window(1, 0), 1);
	ck_assert_uint_eq(pace_window(1024, 4000000000), 1);
}
END_TEST

START_TEST(then_each_half_as_often)
{
	ck_assert_int_eq(pace_interval(4, 0), 0);
	ck_assert_int_eq(pace_interval(4, 2), 0);
	ck_assert_int_eq(pace_interval(4, 3), 100);
	ck_assert_int_eq(pace_interval(4, 4), 200);
	ck_assert_int_eq(pace_interval(1, 1), 100);
	ck_assert_int_eq(pace_interval(1, 7), 6400);
	ck_assert_int_eq(pace_interval(1, 8), PACE_INTERVAL_MAX_MS);
	ck_assert_int_eq(pace_interval(1, 4000000000), PACE_INTERVAL_MAX_MS);
}
END_TEST

START_TEST(never_slower_than_one_in_ten_seconds)
{
	for (size_t window = 1; window <= 1024; window *= 2) {
		unsigned h = 0, n = 0;

		for (int i = 0; i < 100; i++)
			h = pace_press(window, h);
		ck_assert_uint_eq(pace_window(window, h), 1);
		ck_assert_int_eq(pace_interval(window, h),
				 PACE_INTERVAL_MAX_MS);
		ck_assert_int_lt(pace_interval(window, h - 1),
				 PACE_INTERVAL_MAX_MS);
		for (; h; n++)
			h = pace_ease(h);
		ck_assert_int_le(n, 18);
		ck_assert_int_eq(pace_ease(0), 0);
	}
}
END_TEST

Suite *suite_pace(void)
{
	Suite *s = suite_create("pace");
	TCase *t = tcase_create("pace");

	tcase_add_test(t, half_as_many_at_a_time);
	tcase_add_test(t, then_each_half_as_often);
	tcase_add_test(t, never_slower_than_one_in_ten_seconds);
	suite_add_tcase(s, t);
	return s;
}
