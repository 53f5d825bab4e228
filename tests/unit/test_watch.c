/* SPDX-License-Identifier: MIT */
/*
 * watch: who looks next, and when; who is woken.
 */
#include "unit.h"

#include <unistd.h>

#include "base/clock.h"
#include "deliver/watch.h"

enum { POLL = 250, QUICK = 40, SLACK = 20 /* for a busy machine */ };

static struct watch w;

static void open_watch(void)
{
	w = (struct watch){0};
	watch_open(&w, 3);
}

static void close_watch(void)
{
	watch_close(&w);
}

/* From now until worker `n` looks that has looked now. */
static int64_t pause_of(unsigned n, int64_t poll)
{
	int64_t now = clock_monotonic();

	return watch_next(&w, n, now, poll) - now;
}

static void be_quiet_for(int64_t ms)
{
	atomic_store(&w.stirred, clock_monotonic() - ms);
}

START_TEST(quick_while_something_comes)
{
	watch_stir(&w);
	ck_assert_int_eq(pause_of(0, POLL), QUICK);
	ck_assert_int_eq(pause_of(0, 20), 20);
}
END_TEST

START_TEST(slower_and_slower)
{
	be_quiet_for(1200);
	ck_assert_int_ge(pause_of(0, POLL), 100);
	ck_assert_int_lt(pause_of(0, POLL), 100 + SLACK);
	be_quiet_for(60000);
	ck_assert_int_eq(pause_of(0, POLL), POLL);
	ck_assert_int_ge(pause_of(0, 60000), 5000);
	ck_assert_int_lt(pause_of(0, 60000), 5000 + SLACK);
}
END_TEST

/* The clock of a machine that has just been started is near 0. */
START_TEST(nothing_has_come_yet)
{
	ck_assert_int_le(pause_of(0, POLL), POLL);
	ck_assert_int_ge(pause_of(0, POLL), QUICK);
}
END_TEST

START_TEST(in_turn)
{
	int64_t first, second, third;

	be_quiet_for(60000);
	first = pause_of(0, POLL);
	second = pause_of(1, POLL);
	third = pause_of(2, POLL);
	ck_assert_int_lt(first + POLL / 4, second);
	ck_assert_int_lt(second, third);
}
END_TEST

/* Then the others need not. */
START_TEST(one_has_looked)
{
	int64_t now = clock_monotonic();

	be_quiet_for(60000);
	ck_assert_int_le(watch_next(&w, 0, now - 1000, POLL), now);
	watch_looked(&w);
	ck_assert_int_ge(watch_next(&w, 0, now - 1000, POLL), now + POLL);
}
END_TEST

static bool has_rung(unsigned n)
{
	uint64_t count;

	return read(w.worker[n].bell, &count, sizeof(count)) > 0;
}

START_TEST(those_who_are_meant)
{
	watch_set(&w, 0, WATCH_OPEN);
	watch_set(&w, 1, WATCH_IDLE);
	watch_set(&w, 2, WATCH_OPEN);
	watch_ring(&w, WATCH_OPEN, 0);
	ck_assert(!has_rung(0));
	ck_assert(!has_rung(1));
	ck_assert(has_rung(2));
	watch_ring(&w, WATCH_IDLE, 0);
	watch_ring(&w, WATCH_IDLE, 0);
	ck_assert(has_rung(1));
	ck_assert_msg(!has_rung(1), "twice is once");
	ck_assert(!has_rung(2));
}
END_TEST

Suite *suite_watch(void)
{
	Suite *s = suite_create("watch");
	TCase *t = tcase_create("watch");

	tcase_add_checked_fixture(t, open_watch, close_watch);
	tcase_add_test(t, quick_while_something_comes);
	tcase_add_test(t, slower_and_slower);
	tcase_add_test(t, nothing_has_come_yet);
	tcase_add_test(t, in_turn);
	tcase_add_test(t, one_has_looked);
	tcase_add_test(t, those_who_are_meant);
	suite_add_tcase(s, t);
	return s;
}
