/* SPDX-License-Identifier: MIT */
/*
 * meter: which requests are counted together, and when the counts are due to be
 * written.
 */
#include "unit.h"

#include <string.h>

#include "base/clock.h"
#include "meter.h"

static struct meter m;

static void setup(void)
{
	memset(&m, 0, sizeof(m));
}

START_TEST(alike_and_unlike)
{
	static const char hooks[] = "/v2/hooks", other[] = "/v2/stats";

	meter_add(&m, "GET", hooks, 200);
	meter_add(&m, "GET", hooks, 200);
	meter_add(&m, "GET", hooks, 404);
	meter_add(&m, "POST", hooks, 200);
	meter_add(&m, "GET", other, 200);
	ck_assert_uint_eq(m.used, 4);
	ck_assert_uint_eq(m.count[0].n, 2);
	ck_assert_str_eq(m.count[0].route, hooks);
}
END_TEST

/* A client makes no labels of its own. */
START_TEST(unknown_ones_are_one)
{
	meter_add(&m, "BREW", NULL, 404);
	meter_add(&m, "get", NULL, 404);
	ck_assert_uint_eq(m.used, 1);
	ck_assert_str_eq(m.count[0].method, "other");
	ck_assert_str_eq(m.count[0].route, "other");
	ck_assert_uint_eq(m.count[0].n, 2);
}
END_TEST

START_TEST(when_it_is_due)
{
	int64_t now = clock_monotonic();

	ck_assert(!meter_is_due(&m, now + 1000 * METER_WRITE_MS));
	meter_add(&m, "GET", NULL, 404);
	ck_assert(!meter_is_due(&m, m.since + METER_WRITE_MS - 1));
	ck_assert(meter_is_due(&m, m.since + METER_WRITE_MS));
}
END_TEST

START_TEST(a_full_meter)
{
	for (unsigned i = 0; i < METER_MAX; i++) {
		ck_assert(!meter_is_due(&m, m.since));
		meter_add(&m, "GET", NULL, i);
	}
	ck_assert(meter_is_due(&m, m.since));
	meter_add(&m, "GET", NULL, METER_MAX);
	meter_add(&m, "GET", NULL, 0);
	ck_assert_uint_eq(m.used, METER_MAX);
	ck_assert_uint_eq(m.count[0].n, 2);
}
END_TEST

Suite *suite_meter(void)
{
	Suite *s = suite_create("meter");
	TCase *tc = tcase_create("meter");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, alike_and_unlike);
	tcase_add_test(tc, unknown_ones_are_one);
	tcase_add_test(tc, when_it_is_due);
	tcase_add_test(tc, a_full_meter);
	suite_add_tcase(s, tc);
	return s;
}
