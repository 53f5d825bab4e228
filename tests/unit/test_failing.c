/* SPDX-License-Identifier: MIT */
/*
 * failing: for how long a target may fail, and the pauses that do not count.
 */
#include "unit.h"

#include "base/text.h"
#include "rules/failing.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define FRIDAY (INT64_C(1700000000000))

/* The defaults. */
static const int64_t schedule[] = {5000,      5 * MINUTE, 30 * MINUTE,
				   2 * HOUR,  5 * HOUR,	  10 * HOUR,
				   14 * HOUR, 20 * HOUR,  24 * HOUR};
static const struct failing_policy policy = {.schedule = schedule,
					     .schedule_count = 9,
					     .jitter = 0.2,
					     .disable_after = 5 * DAY};

static struct failing fresh(void)
{
	struct failing f;

	failing_end(&f);
	return f;
}

static bool fails(struct failing *f, int64_t at)
{
	failing_add(f, &policy, 0, at);
	return failing_is_too_long(f, &policy, at);
}

/* All attempts of a delivery; the time of the last one. */
static int64_t whole_schedule(struct failing *f, int64_t at)
{
	ck_assert(!fails(f, at));
	for (size_t i = 0; i < policy.schedule_count; i++)
		ck_assert(!fails(f, at += schedule[i] * 6 / 5));
	return at;
}

START_TEST(dead_for_days_with_traffic)
{
	struct failing f = fresh();

	for (int i = 0; i < 5; i++)
		ck_assert(!fails(&f, FRIDAY + i * DAY));
	ck_assert_int_eq(f.since, FRIDAY);
	ck_assert_uint_eq(f.attempts, 5);
	ck_assert(!fails(&f, FRIDAY + 5 * DAY - 1));
	ck_assert(fails(&f, FRIDAY + 5 * DAY));
}
END_TEST

START_TEST(few_attempts_are_not_enough)
{
	struct failing f = fresh();

	ck_assert(!fails(&f, FRIDAY));
	ck_assert(!fails(&f, FRIDAY + 45 * HOUR));
	ck_assert(!fails(&f, FRIDAY + 90 * HOUR));
	ck_assert(!fails(&f, FRIDAY + 130 * HOUR));
	ck_assert(fails(&f, FRIDAY + 131 * HOUR));
}
END_TEST

START_TEST(a_long_weekend_and_one_failure_after_it)
{
	struct failing f = fresh();
	int64_t monday;

	(void)whole_schedule(&f, FRIDAY);
	f = fresh();
	for (int i = 0; i < 9; i++)
		ck_assert(!fails(&f, FRIDAY + i));
	monday = whole_schedule(&f, FRIDAY + 10);
	ck_assert_int_lt(monday, FRIDAY + 4 * DAY);
	ck_assert(!fails(&f, FRIDAY + 7 * DAY));
	ck_assert_int_eq(f.since, FRIDAY + 7 * DAY);
	ck_assert_uint_eq(f.attempts, 1);
}
END_TEST

START_TEST(days_apart)
{
	struct failing f = fresh();

	for (int i = 0; i < 20; i++) {
		ck_assert(!fails(&f, FRIDAY + i * 6 * DAY));
		ck_assert_uint_eq(f.attempts, 1);
	}
}
END_TEST

START_TEST(a_success_or_a_change_begins_anew)
{
	struct failing f = fresh();

	for (int i = 0; i < 5; i++)
		ck_assert(!fails(&f, FRIDAY + i * DAY));
	failing_add(&f, &policy, FRIDAY + DAY, FRIDAY + 5 * DAY);
	ck_assert(!failing_is_too_long(&f, &policy, FRIDAY + 5 * DAY));
	ck_assert_uint_eq(f.attempts, 1);
	failing_end(&f);
	ck_assert(!failing_is_too_long(&f, &policy, FRIDAY + 50 * DAY));
	ck_assert(!fails(&f, FRIDAY + 6 * DAY));
}
END_TEST

START_TEST(the_number_has_an_end)
{
	struct failing f = fresh();

	for (int i = 0; i < 70000; i++)
		ck_assert(!fails(&f, FRIDAY + i));
	ck_assert_uint_eq(f.attempts, UINT16_MAX);
}
END_TEST

Suite *suite_failing(void)
{
	Suite *s = suite_create("failing");
	TCase *t = tcase_create("failing");

	tcase_add_test(t, dead_for_days_with_traffic);
	tcase_add_test(t, few_attempts_are_not_enough);
	tcase_add_test(t, a_long_weekend_and_one_failure_after_it);
	tcase_add_test(t, days_apart);
	tcase_add_test(t, a_success_or_a_change_begins_anew);
	tcase_add_test(t, the_number_has_an_end);
	suite_add_tcase(s, t);
	return s;
}
