/*
 * lane: what outcomes do to a lane's health and to its share of memory, and
 * the token bucket.
 */
#include "unit.h"

#include "lane.h"
#include "outcome.h"
#include "text.h"

#define NOW INT64_C(1700000000000)

static const struct outcome delivered = {.verdict = OUTCOME_DELIVERED,
					 .counts = true,
					 .answered = true};
static const struct outcome broken = {.verdict = OUTCOME_RETRY,
				      .counts = true,
				      .answered = true};
static const struct outcome dead = {.verdict = OUTCOME_RETRY,
				    .counts = true,
				    .connection_level = true};
static const struct outcome busy = {.verdict = OUTCOME_RETRY,
				    .counts = true,
				    .answered = true,
				    .lane_delay_ms = 3600000};
static const struct outcome late = {.verdict = OUTCOME_RETRY,
				    .counts = true,
				    .timeout = true};

static struct store_lane fresh(void)
{
	return (struct store_lane){.suspended_until = TIME_NONE,
				   .failing_since = TIME_NONE,
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
	failed = false; /* opened anew: a probe */
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

START_TEST(but_not_one_that_was_asked_for)
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

START_TEST(failing_since_the_first_failure)
{
	struct store_lane l = fresh();
	bool failed = false;
	static const struct outcome stopped = {.verdict = OUTCOME_RETRY};

	lane_learn(&l, &failed, &stopped, NOW, 0);
	ck_assert_int_eq(l.failing_since, TIME_NONE);
	lane_learn(&l, &failed, &broken, NOW + 1, 0);
	lane_learn(&l, &failed, &dead, NOW + 2, 0);
	ck_assert_int_eq(l.failing_since, NOW + 1);
	lane_learn(&l, &failed, &delivered, NOW + 3, 0);
	ck_assert_int_eq(l.failing_since, TIME_NONE);
}
END_TEST

START_TEST(the_quota_follows_the_outcomes)
{
	struct store_lane row = fresh();
	struct lane l = {.hook.batch_size = 1, .quota = LANE_QUOTA_FIRST};

	ck_assert_uint_eq(lane_quota(&l, &row), LANE_QUOTA_FIRST);
	for (int i = 0; i < LANE_QUOTA_FIRST; i++)
		lane_adjust(&l, &delivered, 1);
	ck_assert_uint_eq(l.quota, 2 * LANE_QUOTA_FIRST);
	for (int i = 0; i < LANE_QUOTA_MAX; i++)
		lane_adjust(&l, &broken, 1);
	ck_assert_uint_eq(l.quota, LANE_QUOTA_MAX);
	lane_adjust(&l, &late, 1);
	ck_assert_uint_eq(l.quota, LANE_QUOTA_MAX / 2);
	for (int i = 0; i < 10; i++)
		lane_adjust(&l, &late, 1);
	ck_assert_uint_eq(l.quota, LANE_QUOTA_FIRST);
	lane_adjust(&l, &dead, 1);
	ck_assert_uint_eq(l.quota, LANE_QUOTA_FIRST);
}
END_TEST

START_TEST(some_go_one_by_one)
{
	struct store_lane row = fresh();
	struct lane l = {.hook.batch_size = 1, .quota = 100};

	row.failures = 1;
	ck_assert_uint_eq(lane_quota(&l, &row), 1);
	row.failures = 0;
	row.crashes = LANE_CAREFUL;
	ck_assert_uint_eq(lane_quota(&l, &row), 1);
	row.crashes = 0;
	l.hook.ordered = true;
	ck_assert_uint_eq(lane_quota(&l, &row), 1);
}
END_TEST

START_TEST(tokens)
{
	struct store_lane l = fresh();

	ck_assert(lane_tokens(&l, 5, NOW) == 5);
	l.rate_at = NOW;
	l.rate_tokens = 1;
	ck_assert(lane_tokens(&l, 5, NOW) == 1);
	ck_assert(lane_tokens(&l, 5, NOW + 200) == 2);
	ck_assert(lane_tokens(&l, 5, NOW + 60000) == 5);
	/* A batch that was fixed before may have taken more than there was. */
	l.rate_tokens = -3;
	ck_assert(lane_tokens(&l, 5, NOW + 200) == -2);
	/* Another node's clock is behind, or the clock was set back. */
	ck_assert(lane_tokens(&l, 5, NOW - 1) == -3);
	ck_assert(lane_tokens(&l, 5, NOW - 3600000) == -3);
}
END_TEST

Suite *suite_lane(void)
{
	Suite *s = suite_create("lane");
	TCase *t = tcase_create("lane");

	tcase_add_test(t, requests_under_way_together_are_one_failure);
	tcase_add_test(t, an_answer_ends_the_suspension);
	tcase_add_test(t, but_not_one_that_was_asked_for);
	tcase_add_test(t, failing_since_the_first_failure);
	tcase_add_test(t, the_quota_follows_the_outcomes);
	tcase_add_test(t, some_go_one_by_one);
	tcase_add_test(t, tokens);
	suite_add_tcase(s, t);
	return s;
}
