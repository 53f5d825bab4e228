/* SPDX-License-Identifier: MIT */
/*
 * lane: the effect of outcomes on a lane's health and on its share of memory,
 * and the token bucket.
 */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "deliver/lane.h"
#include "rules/outcome.h"

#define NOW INT64_C(1700000000000)

static const struct outcome delivered = {
	.verdict = OUTCOME_DELIVERED, .counts = true, .answered = true};
static const struct outcome broken = {
	.verdict = OUTCOME_RETRY, .counts = true, .answered = true};
static const struct outcome dead = {
	.verdict = OUTCOME_RETRY, .counts = true, .connection_level = true};
static const struct outcome busy = {.verdict = OUTCOME_RETRY,
				    .counts = true,
				    .answered = true,
				    .lane_delay_ms = 3600000};
static const struct outcome late = {
	.verdict = OUTCOME_RETRY, .counts = true, .timeout = true};

static struct store_lane fresh(void)
{
	return (struct store_lane){.suspended_until = TIME_NONE,
				   .resumed_at = TIME_NONE,
				   .rate_at = TIME_NONE};
}

START_TEST(requests_under_way_together_are_one_failure)
{
	struct store_lane l = fresh();
	bool failed = false;

	for (int i = 0; i < 32; i++)
		lane_learn(&l, &failed, &dead, NOW + i, 0);
	ck_assert_uint_eq(l.failures, 1);
	ck_assert_int_eq(l.suspended_until, NOW + 31 + 1000);
	failed = false; /* opened again: a probe */
	lane_learn(&l, &failed, &dead, NOW + 2000, 0);
	ck_assert_uint_eq(l.failures, 2);
	ck_assert_int_eq(l.suspended_until, NOW + 4000);
}
END_TEST

START_TEST(an_answer_ends_the_suspension)
{
	struct store_lane l = fresh();
	bool failed = false;

	lane_learn(&l, &failed, &dead, NOW, 0.9);
	lane_learn(&l, &failed, &broken, NOW, 0);
	ck_assert_uint_eq(l.failures, 0);
	ck_assert_int_eq(l.suspended_until, TIME_NONE);
	lane_learn(&l, &failed, &dead, NOW, 0);
	ck_assert_uint_eq(l.failures, 1);
}
END_TEST

START_TEST(retry_after_outlives_an_answer)
{
	struct store_lane l = fresh();
	bool failed = false;

	lane_learn(&l, &failed, &busy, NOW, 0);
	lane_learn(&l, &failed, &dead, NOW, 0);
	lane_learn(&l, &failed, &delivered, NOW, 0);
	ck_assert_uint_eq(l.failures, 0);
	ck_assert_int_eq(l.suspended_until, NOW + 3600000);
}
END_TEST

START_TEST(a_clock_that_is_set_back)
{
	enum { AHEAD = 3600000 };
	struct store_lane l = fresh();

	l.failing.since = l.failing.last = TIME_NONE;
	l.written_at = NOW + AHEAD;
	lane_set_back(&l, NOW);
	ck_assert_int_eq(l.suspended_until, TIME_NONE);
	ck_assert_int_eq(l.rate_at, TIME_NONE);
	l.suspended_until = NOW + AHEAD + 2000;
	l.rate_at = NOW + AHEAD - 500;	   /* before the row was written */
	l.failing.since = NOW - 1000;	   /* before the clock was wrong */
	l.failing.last = NOW + AHEAD - 10; /* while it was */
	lane_set_back(&l, NOW);
	ck_assert_int_eq(l.suspended_until, NOW + 2000);
	ck_assert_int_eq(l.rate_at, NOW);
	ck_assert_int_eq(l.failing.since, NOW - 1000);
	ck_assert_int_eq(l.failing.last, NOW);
}
END_TEST

START_TEST(a_suspension_of_before_the_clock_was_ahead)
{
	enum { AHEAD = 3600000 };
	struct store_lane l = fresh();

	l.written_at = NOW + AHEAD;
	l.failing.last = NOW - 1000;
	l.suspended_until = NOW + 2 * AHEAD;
	lane_set_back(&l, NOW);
	ck_assert_int_eq(l.suspended_until, NOW + 2 * AHEAD);
}
END_TEST

START_TEST(no_suspension_is_longer_than_the_rules_allow)
{
	enum { LONGEST = 10000 };
	struct store_lane l = fresh();

	lane_bound(&l, LONGEST, NOW);
	ck_assert_int_eq(l.suspended_until, TIME_NONE);
	l.suspended_until = NOW + LONGEST;
	lane_bound(&l, LONGEST, NOW);
	ck_assert_int_eq(l.suspended_until, NOW + LONGEST);
	l.suspended_until++;
	l.put_off = true;
	lane_bound(&l, LONGEST, NOW);
	ck_assert_int_eq(l.suspended_until, TIME_NONE);
	ck_assert(!l.put_off);
	l.failures = 10; /* five minutes and a fifth */
	l.suspended_until = NOW + 360000;
	lane_bound(&l, LONGEST, NOW);
	ck_assert_int_eq(l.suspended_until, NOW + 360000);
	l.suspended_until++;
	lane_bound(&l, LONGEST, NOW);
	ck_assert_int_eq(l.suspended_until, TIME_NONE);
}
END_TEST

START_TEST(the_quota_follows_the_outcomes)
{
	struct store_lane row = fresh();
	struct lane l = {.facts.hook.batch_size = 1,
			 .ledger.quota = LANE_QUOTA_FIRST};

	ck_assert_uint_eq(lane_quota(&l, &row), LANE_QUOTA_FIRST);
	for (int i = 0; i < LANE_QUOTA_FIRST; i++)
		lane_adjust(&l, &delivered, 1);
	ck_assert_uint_eq(l.ledger.quota, 2 * LANE_QUOTA_FIRST);
	for (int i = 0; i < LANE_QUOTA_MAX; i++)
		lane_adjust(&l, &broken, 1);
	ck_assert_uint_eq(l.ledger.quota, LANE_QUOTA_MAX);
	lane_adjust(&l, &late, 1);
	ck_assert_uint_eq(l.ledger.quota, LANE_QUOTA_MAX / 2);
	for (int i = 0; i < 10; i++)
		lane_adjust(&l, &late, 1);
	ck_assert_uint_eq(l.ledger.quota, LANE_QUOTA_FIRST);
	lane_adjust(&l, &dead, 1);
	ck_assert_uint_eq(l.ledger.quota, LANE_QUOTA_FIRST);
}
END_TEST

START_TEST(more_is_read_when_half_or_a_portion_is_back)
{
	struct store_lane row = fresh();
	struct lane l = {.facts.hook.batch_size = 1, .ledger.quota = 100};

	ck_assert_uint_eq(lane_room(&l, &row, 0), 100);
	ck_assert_uint_eq(lane_room(&l, &row, 50), 50);
	ck_assert_uint_eq(lane_room(&l, &row, 51), 0);
	l.ledger.quota = LANE_QUOTA_MAX;
	ck_assert_uint_eq(lane_room(&l, &row, LANE_QUOTA_MAX - LANE_PORTION),
			  LANE_PORTION);
	ck_assert_uint_eq(
		lane_room(&l, &row, LANE_QUOTA_MAX - LANE_PORTION + 1), 0);
	l.facts.hook.ordered = true; /* one at a time */
	ck_assert_uint_eq(lane_room(&l, &row, 0), 1);
	ck_assert_uint_eq(lane_room(&l, &row, 1), 0);
	ck_assert_uint_eq(lane_room(&l, &row, LANE_QUOTA_MAX), 0);
}
END_TEST

START_TEST(doubtful_lanes_go_one_by_one)
{
	struct store_lane row = fresh();
	struct lane l = {.facts.hook.batch_size = 1, .ledger.quota = 100};

	row.failures = 1;
	ck_assert_uint_eq(lane_quota(&l, &row), 1);
	row.failures = 0;
	row.crashes = LANE_CAREFUL;
	ck_assert_uint_eq(lane_quota(&l, &row), 1);
	row.crashes = 0;
	l.facts.hook.ordered = true;
	ck_assert_uint_eq(lane_quota(&l, &row), 1);
}
END_TEST

START_TEST(a_rate_counts_what_can_be_sent)
{
	struct store_lane row = fresh();
	struct lane l = {.facts.hook.batch_size = 1,
			 .ledger.quota = 16,
			 .shared.window = 4};

	ck_assert_uint_eq(lane_room(&l, &row, 0), 16);
	ck_assert_uint_eq(lane_room(&l, &row, 8), 8);
	ck_assert_uint_eq(lane_room(&l, &row, 9), 0);
	l.facts.hook.rate_limit = 5;
	ck_assert_uint_eq(lane_room(&l, &row, 0), 4);
	ck_assert_uint_eq(lane_room(&l, &row, 3), 1);
	ck_assert_uint_eq(lane_room(&l, &row, 4), 0);
	l.facts.hook.batch_size = 3;
	ck_assert_uint_eq(lane_room(&l, &row, 0), 12);
	l.shared.window = 32;
	ck_assert_uint_eq(lane_room(&l, &row, 0), 16);
}
END_TEST

static bool near(double a, double b)
{
	return fabs(a - b) < 1e-6;
}

START_TEST(tokens)
{
	struct store_lane l = fresh();

	ck_assert(lane_tokens(&l, 5, NOW) == 5);
	l.rate_tokens = 1;
	ck_assert(lane_tokens(&l, 5, NOW) == 1);
	ck_assert(near(lane_tokens(&l, 5, NOW + 200), 1.99));
	ck_assert(lane_tokens(&l, 5, NOW + 60000) == 5);
	/* A batch that was fixed before may have taken more than there was. */
	l.rate_tokens = -3;
	ck_assert(near(lane_tokens(&l, 5, NOW + 60200), -2.01));
	/* Another node's clock is behind, or the clock was set back. */
	ck_assert(near(lane_tokens(&l, 5, NOW + 60199), -2.01));
	ck_assert(l.rate_at == NOW + 60200);
	ck_assert(near(lane_tokens(&l, 5, NOW - 3600000), -2.01));
	ck_assert(l.rate_at == NOW - 3600000);
}
END_TEST

START_TEST(what_was_saved_goes_at_once_and_then_there_is_none)
{
	struct store_lane l = fresh();

	lane_tokens(&l, 5, NOW);
	lane_spend(&l, 5, 1, 5, NOW);
	ck_assert(lane_tokens(&l, 5, NOW + 800) == 0);
	ck_assert(lane_tokens(&l, 5, NOW + 1000) < 1);
	ck_assert(lane_rate_wait(&l, 5, 1, NOW + 1000) < 20);
	ck_assert(lane_tokens(&l, 5, NOW + 1020) >= 1);
	/* And one after the other. */
	lane_spend(&l, 5, 1, 1, NOW + 1020);
	ck_assert(lane_tokens(&l, 5, NOW + 1200) < 1);
	ck_assert(lane_tokens(&l, 5, NOW + 1222) >= 1);
}
END_TEST

/* Numbers that look like chance and are the same each time. */
static unsigned chance(unsigned below)
{
	static unsigned seed = 1;

	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % below;
}

/* Ten seconds of a sender that is late now and then, and always has
 * something to send, or only sometimes; the most that went in any second. */
static unsigned most(unsigned rate, bool sometimes, unsigned *sum)
{
	static unsigned went[10000];
	struct store_lane l = fresh();
	unsigned second = 0, max = 0;

	memset(went, 0, sizeof(went));
	*sum = 0;
	for (unsigned t = 0; t < 10000; t += 1 + chance(30)) {
		double there = lane_tokens(&l, rate, NOW + t);
		unsigned n = there < 1 ? 0 : (unsigned)there;

		if (!n || (sometimes && chance(9)))
			continue;
		n = sometimes ? 1 + chance(n) : n;
		lane_spend(&l, rate, 1, n, NOW + t);
		went[t] = n;
		*sum += n;
	}
	for (unsigned t = 0; t < 10000; t++) {
		second += went[t];
		second -= t < 950 ? 0 : went[t - 950];
		max = second > max ? second : max;
	}
	return max;
}

START_TEST(no_second_has_more_and_none_is_wasted)
{
	static const unsigned rates[] = {1, 2, 3, 5, 10, 30};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		unsigned sum, rate = rates[i];

		ck_assert_uint_le(most(rate, false, &sum), rate);
		ck_assert_uint_ge(sum, rate * 98 / 10);
		ck_assert_uint_le(most(rate, true, &sum), rate + 1);
	}
}
END_TEST

START_TEST(a_batch_is_waited_for)
{
	struct store_lane l = fresh();

	lane_tokens(&l, 20, NOW);
	lane_spend(&l, 20, 10, 20, NOW);
	ck_assert(lane_rate_wait(&l, 20, 10, NOW) > 1400);
	ck_assert(lane_tokens(&l, 20, NOW + 1500) >= 10);
	lane_spend(&l, 20, 10, 10, NOW + 1500);
	ck_assert(lane_rate_wait(&l, 20, 10, NOW + 1500) < 510);
	ck_assert(lane_tokens(&l, 20, NOW + 2010) >= 10);
}
END_TEST

Suite *suite_lane(void)
{
	Suite *s = suite_create("lane");
	TCase *t = tcase_create("lane");

	tcase_add_test(t, requests_under_way_together_are_one_failure);
	tcase_add_test(t, an_answer_ends_the_suspension);
	tcase_add_test(t, retry_after_outlives_an_answer);
	tcase_add_test(t, a_clock_that_is_set_back);
	tcase_add_test(t, a_suspension_of_before_the_clock_was_ahead);
	tcase_add_test(t, no_suspension_is_longer_than_the_rules_allow);
	tcase_add_test(t, the_quota_follows_the_outcomes);
	tcase_add_test(t, more_is_read_when_half_or_a_portion_is_back);
	tcase_add_test(t, doubtful_lanes_go_one_by_one);
	tcase_add_test(t, a_rate_counts_what_can_be_sent);
	tcase_add_test(t, tokens);
	tcase_add_test(t, what_was_saved_goes_at_once_and_then_there_is_none);
	tcase_add_test(t, no_second_has_more_and_none_is_wasted);
	tcase_add_test(t, a_batch_is_waited_for);
	suite_add_tcase(s, t);
	return s;
}
