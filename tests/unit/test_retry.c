/* SPDX-License-Identifier: MIT */
/*
 * retry: the schedule, Retry-After in all its forms, suspension.
 */
#include "unit.h"

#include "rules/retry.h"

/* 1994-11-06T08:49:37Z, the date of RFC 9110's examples. */
#define EXAMPLE INT64_C(784111777000)
#define DAY INT64_C(86400000)

static const int64_t schedule[] = {5000, 300000, 1800000};

START_TEST(schedule_in_order)
{
	ck_assert_int_eq(retry_delay(schedule, 3, 1, 0.2, 0), 5000);
	ck_assert_int_eq(retry_delay(schedule, 3, 2, 0.2, 0), 300000);
	ck_assert_int_eq(retry_delay(schedule, 3, 3, 0.2, 0), 1800000);
	ck_assert_int_eq(retry_delay(schedule, 3, 4, 0.2, 0), RETRY_NONE);
	ck_assert_int_eq(retry_delay(schedule, 3, 0, 0.2, 0), RETRY_NONE);
	ck_assert_int_eq(retry_delay(NULL, 0, 1, 0.2, 0), RETRY_NONE);
}
END_TEST

START_TEST(jitter_only_adds)
{
	ck_assert_int_eq(retry_delay(schedule, 3, 1, 0.2, 0.5), 5500);
	ck_assert_int_eq(retry_delay(schedule, 3, 1, 0, 0.5), 5000);
	ck_assert_int_lt(retry_delay(schedule, 3, 1, 0.2, 0.9999), 6000);
}
END_TEST

START_TEST(the_longest_wait)
{
	static const int64_t days[] = {5000, 2 * DAY, 1000};

	ck_assert_int_eq(retry_longest(schedule, 3, 0.2, false), 2160000);
	ck_assert_int_eq(retry_longest(schedule, 3, 0.2, true), DAY);
	ck_assert_int_eq(retry_longest(days, 3, 0, true), 2 * DAY);
	ck_assert_int_eq(retry_longest(NULL, 0, 0.2, false), 0);
}
END_TEST

static const struct {
	const char *value;
	int64_t ms;
} values[] = {
	{"0", 0},
	{"1", 1000},
	{"120", 120000},
	{"  120\t", 120000},
	{"00120", 120000},
	{"86400", DAY},
	{"86401", DAY},
	{"99999999999999999999999999", DAY},
	{"-1", RETRY_NONE},
	{"+1", RETRY_NONE},
	{"1.5", RETRY_NONE},
	{"1e3", RETRY_NONE},
	{"120 seconds", RETRY_NONE},
	{"120, 60", RETRY_NONE},
	{"", RETRY_NONE},
	{" ", RETRY_NONE},
	{"soon", RETRY_NONE},
	/* The three forms of one date. */
	{"Sun, 06 Nov 1994 08:49:37 GMT", 60000},
	{"Sunday, 06-Nov-94 08:49:37 GMT", 60000},
	{"Sun Nov  6 08:49:37 1994", 60000},
	{"Wed Nov 16 08:49:37 1994", DAY},
	{"Sun, 06 Nov 1994 08:48:37 GMT", 0},
	{"Sun, 06 Nov 1994 08:48:36 GMT", 0},
	{"Thu, 01 Jan 1970 00:00:00 GMT", 0},
	{"Mon, 07 Nov 1994 08:48:37 GMT", DAY},
	{"Fri, 31 Dec 9999 23:59:59 GMT", DAY},
	{"Sun, 06 Nov 1994 08:49:60 GMT", 82000}, /* a leap second */
	/* Nearly dates. */
	{"Sun, 06 Nov 1994 08:49:37", RETRY_NONE},
	{"Sun, 06 Nov 1994 08:49:37 UTC", RETRY_NONE},
	{"Sun, 06 Nov 1994 08:49:37 GMT+1", RETRY_NONE},
	{"Sun, 6 Nov 1994 08:49:37 GMT", RETRY_NONE},
	{"Sun, 06 nov 1994 08:49:37 GMT", RETRY_NONE},
	{"06 Nov 1994 08:49:37 GMT", RETRY_NONE},
	{"Sun, 06 Nov 94 08:49:37 GMT", RETRY_NONE},
	{"Sun, 00 Nov 1994 08:49:37 GMT", RETRY_NONE},
	{"Sun, 31 Nov 1994 08:49:37 GMT", RETRY_NONE},
	{"Tue, 29 Feb 1994 08:49:37 GMT", RETRY_NONE},
	{"Sun, 06 Nov 1994 24:00:00 GMT", RETRY_NONE},
	{"Sun, 06 Nov 1994 08:60:00 GMT", RETRY_NONE},
	{"Sun, 06 Nov 1994 08:49:61 GMT", RETRY_NONE},
	{"Sun Nov 6 08:49:37 1994", RETRY_NONE},
	{"Sunday, 06-Nov-1994 08:49:37 GMT", RETRY_NONE},
	{"1994-11-06T08:49:37Z", RETRY_NONE},
};

START_TEST(retry_after_value)
{
	int64_t ms = retry_after(values[_i].value, EXAMPLE - 60000);

	ck_assert_msg(ms == values[_i].ms, "\"%s\": %lld", values[_i].value,
		      (long long)ms);
}
END_TEST

START_TEST(no_retry_after)
{
	ck_assert_int_eq(retry_after(NULL, EXAMPLE), RETRY_NONE);
}
END_TEST

/* 2021-06-15: "71" is 2071, "72" is 1972. */
START_TEST(years_of_two_digits)
{
	const int64_t now = INT64_C(1623715200000);

	ck_assert_int_eq(retry_after("Sunday, 15-Jun-71 00:00:00 GMT", now),
			 DAY);
	ck_assert_int_eq(retry_after("Sunday, 15-Jun-72 00:00:00 GMT", now), 0);
	/* 2099-12-31T23:00:00Z: "00" is the next hour. */
	ck_assert_int_eq(retry_after("Friday, 01-Jan-00 00:00:00 GMT",
				     INT64_C(4102441200000)),
			 3600000);
}
END_TEST

START_TEST(suspension_grows_to_its_ceiling)
{
	static const int64_t expected[] = {0,	   1000,   2000,   4000,
					   8000,   16000,  32000,  64000,
					   128000, 256000, 300000, 300000};

	for (unsigned i = 0; i < COUNT(expected); i++)
		ck_assert_int_eq(retry_suspension(i, 0), expected[i]);
	ck_assert_int_eq(retry_suspension(4000000000u, 0), 300000);
	ck_assert_int_eq(retry_suspension(1, 0.5), 1100);
	ck_assert_int_lt(retry_suspension(4000000000u, 0.9999), 360000);
	ck_assert_int_eq(retry_suspension(0, 0.9999), 0);
}
END_TEST

Suite *suite_retry(void)
{
	Suite *s = suite_create("retry");
	TCase *t = tcase_create("retry");

	tcase_add_test(t, schedule_in_order);
	tcase_add_test(t, jitter_only_adds);
	tcase_add_test(t, the_longest_wait);
	tcase_add_loop_test(t, retry_after_value, 0, (int)COUNT(values));
	tcase_add_test(t, no_retry_after);
	tcase_add_test(t, years_of_two_digits);
	tcase_add_test(t, suspension_grows_to_its_ceiling);
	suite_add_tcase(s, t);
	return s;
}
