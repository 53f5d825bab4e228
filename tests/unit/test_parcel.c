/* SPDX-License-Identifier: MIT */
/*
 * parcel: when an attempt began, by which clock.
 */
#include "unit.h"

#include "deliver/parcel.h"

/* Of the database and of our monotonic clock, in the same moment. */
#define NOW INT64_C(1767323045000)
#define MONOTONIC INT64_C(5000000)
#define HOUR INT64_C(3600000)

static int64_t started_when_ahead_by(int64_t set)
{
	struct parcel p = {.started_at = NOW, .began = MONOTONIC};

	return parcel_started_at(&p, NOW - MONOTONIC + set);
}

START_TEST(it_is_signed_and_recorded_for_one_moment)
{
	ck_assert_int_eq(started_when_ahead_by(0), NOW);
	ck_assert_int_eq(started_when_ahead_by(3), NOW);
	ck_assert_int_eq(started_when_ahead_by(-1000), NOW);
}
END_TEST

START_TEST(a_clock_that_is_set_during_an_attempt)
{
	ck_assert_int_eq(started_when_ahead_by(HOUR), NOW + HOUR);
	ck_assert_int_eq(started_when_ahead_by(-HOUR), NOW - HOUR);
	ck_assert_int_eq(started_when_ahead_by(1001), NOW + 1001);
}
END_TEST

Suite *suite_parcel(void)
{
	Suite *s = suite_create("parcel");
	TCase *t = tcase_create("parcel");

	tcase_add_test(t, it_is_signed_and_recorded_for_one_moment);
	tcase_add_test(t, a_clock_that_is_set_during_an_attempt);
	suite_add_tcase(s, t);
	return s;
}
