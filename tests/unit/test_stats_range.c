/* SPDX-License-Identifier: MIT */
/*
 * stats_range: the steps that are chosen, and the steps that are refused.
 */
#include "unit.h"

#include <stdio.h>

#include "base/text.h"
#include "stats_range.h"
#include "unit_call.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static struct unit_call u;
static struct stats_range range;
static int64_t now; /* a Friday, in the middle of a minute */

static void setup(void)
{
	unit_call_init(&u, NULL);
	ck_assert(text_time_parse("2026-01-02T03:04:05.678Z", &now));
}

static void teardown(void)
{
	unit_call_release(&u);
}

static enum err read_query(const char *query)
{
	unit_call_release(&u);
	unit_call_init(&u, NULL);
	unit_call_ask(&u, "GET",
		      arena_printf(&u.request.arena, "/v2/stats?%s", query));
	return stats_range_read(&u.c, now, &range);
}

/* `since` is so long before now. */
static enum err read_since(int64_t ago, const char *rest)
{
	char since[TEXT_TIME_SIZE], query[200];

	text_time(since, now - ago);
	snprintf(query, sizeof(query), "since=%s%s", since, rest);
	return read_query(query);
}

static void steps_hold(void)
{
	ck_assert_int_eq(range.since % range.step, 0);
	ck_assert_int_le(range.since + (int64_t)(range.points - 1) * range.step,
			 now);
	ck_assert_int_gt(range.since + (int64_t)range.points * range.step, now);
}

START_TEST(a_day_by_default)
{
	ck_assert_int_eq(read_query(""), ERR_OK);
	ck_assert_int_eq(range.step, 5 * MINUTE);
	ck_assert_uint_eq(range.points, 289);
	steps_hold();
}
END_TEST

START_TEST(the_shortest_step_of_few_points)
{
	static const struct {
		int64_t ago, step;
	} table[] = {
		{0, MINUTE},
		{299 * MINUTE, MINUTE},
		{300 * MINUTE, 2 * MINUTE},
		{2 * DAY, 10 * MINUTE},
		/* Minutes are known for two days only. */
		{2 * DAY + 1, HOUR},
		{12 * DAY, HOUR},
		{13 * DAY, 3 * HOUR},
		{60 * DAY, 6 * HOUR},
		{1400 * DAY, DAY},
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		ck_assert_int_eq(read_since(table[i].ago, ""), ERR_OK);
		ck_assert_int_eq(range.step, table[i].step);
		ck_assert_int_le(range.since, now - table[i].ago);
		steps_hold();
	}
}
END_TEST

START_TEST(a_chosen_step)
{
	ck_assert_int_eq(read_since(DAY, "&step=7m"), ERR_OK);
	ck_assert_int_eq(range.step, 7 * MINUTE);
	steps_hold();
	ck_assert_int_eq(read_since(1499 * MINUTE, "&step=1m"), ERR_OK);
	ck_assert_uint_eq(range.points, STATS_POINTS_MAX);
	ck_assert_int_eq(read_since(30 * DAY, "&step=5h"), ERR_OK);
	steps_hold();
}
END_TEST

START_TEST(before_1970)
{
	ck_assert_int_eq(read_query("since=1969-12-31T23:30:00Z"), ERR_INVALID);
	unit_call_answered(&u, 400, "points");
	now = MINUTE;
	ck_assert_int_eq(read_query("since=1969-12-31T23:58:30Z"), ERR_OK);
	ck_assert_int_eq(range.since, -2 * MINUTE);
	ck_assert_uint_eq(range.points, 4);
}
END_TEST

START_TEST(bad_ranges)
{
	static const struct {
		int64_t ago;
		const char *step, *why;
	} table[] = {
		{DAY, "&step=30s", "whole minutes"},
		{DAY, "&step=90s", "whole minutes"},
		{DAY, "&step=2d", "whole minutes"},
		{DAY, "&step=0m", "whole minutes"},
		{DAY, "&step=5", "whole minutes"},
		{DAY, "&step=", "whole minutes"},
		{3 * DAY, "&step=30m", "by the hour only"},
		{1500 * MINUTE, "&step=1m", "1501 points"},
		{2000 * DAY, "", "2001 points"},
		{-HOUR, "", "in the future"},
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		ck_assert_int_eq(read_since(table[i].ago, table[i].step),
				 ERR_INVALID);
		unit_call_answered(&u, 400, table[i].why);
	}
	ck_assert_int_eq(read_query("since=yesterday"), ERR_INVALID);
	unit_call_answered(&u, 400, "since must be a time");
}
END_TEST

Suite *suite_stats_range(void)
{
	Suite *s = suite_create("stats_range");
	TCase *tc = tcase_create("stats_range");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_day_by_default);
	tcase_add_test(tc, the_shortest_step_of_few_points);
	tcase_add_test(tc, a_chosen_step);
	tcase_add_test(tc, before_1970);
	tcase_add_test(tc, bad_ranges);
	suite_add_tcase(s, tc);
	return s;
}
