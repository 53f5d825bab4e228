/* SPDX-License-Identifier: MIT */
/*
 * tally: the counts of a parcel, and their rows.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "deliver/lane.h"
#include "deliver/tally.h"

/* 2026-01-02T03:04:05.000Z and its minute. */
#define NOW INT64_C(1767323045000)
#define THE_MINUTE INT64_C(1767323040000)

static struct tally *t;
static struct lane lane;
static struct parcel *p;

static void setup(void)
{
	t = tally_new();
	memset(&lane, 0, sizeof(lane));
	memcpy(lane.facts.hook.organization.b, "organization", ID_SIZE);
	lane.facts.hook.hook = 7;
	p = calloc(1, sizeof(*p) + 3 * sizeof(p->member[0]));
	p->lane = &lane;
	p->count = 1;
	for (size_t i = 0; i < 3; i++)
		p->member[i].accepted_at = NOW - 150;
}

static void teardown(void)
{
	free(p);
	free(t);
}

static void add(enum outcome_verdict verdict, enum attempt_error error,
		unsigned status)
{
	p->outcome.verdict = verdict;
	p->request.attempt.error = error;
	p->request.attempt.status = status;
	p->request.attempt.total_us = 1500;
	tally_parcel(t, p, NOW, NOW);
}

START_TEST(a_delivery_counts_for_hook_and_organization)
{
	add(OUTCOME_DELIVERED, ATTEMPT_NONE, 204);
	ck_assert_uint_eq(t->count, 2);
	ck_assert_uint_eq(t->row[0].hook, 7);
	ck_assert_uint_eq(t->row[1].hook, 0);
	for (size_t i = 0; i < 2; i++) {
		const struct store_stats *n = &t->row[i].n;

		ck_assert_mem_eq(t->row[i].organization.b, "organization",
				 ID_SIZE);
		ck_assert_int_eq(t->row[i].minute, THE_MINUTE);
		ck_assert_uint_eq(n->delivered, 1);
		ck_assert_uint_eq(n->failed, 0);
		ck_assert_uint_eq(n->attempts, 1);
		ck_assert_uint_eq(n->failed_attempts, 0);
		ck_assert_uint_eq(n->request.n[histogram_bucket(1500)], 1);
		ck_assert_uint_eq(n->latency.n[histogram_bucket(150000)], 1);
	}
	ck_assert_uint_eq(t->request_us, 1500);
	ck_assert_uint_eq(t->latency_us, 150000);
	ck_assert_uint_eq(t->outcome[TALLY_DELIVERED], 1);
}
END_TEST

START_TEST(attempts_that_fail)
{
	add(OUTCOME_RETRY, ATTEMPT_TIMEOUT, 0);
	add(OUTCOME_RETRY, ATTEMPT_NONE, 301);
	add(OUTCOME_GONE, ATTEMPT_NONE, 410);
	add(OUTCOME_FAILED, ATTEMPT_NONE, 503);
	add(OUTCOME_FAILED, ATTEMPT_NONE, 999);
	ck_assert_uint_eq(t->row[0].n.attempts, 5);
	ck_assert_uint_eq(t->row[0].n.failed_attempts, 5);
	ck_assert_uint_eq(t->row[0].n.failed, 2);
	ck_assert_uint_eq(t->row[0].n.delivered, 0);
	ck_assert_uint_eq(histogram_count(&t->row[0].n.request), 5);
	ck_assert_uint_eq(histogram_count(&t->row[0].n.latency), 0);
	ck_assert_uint_eq(t->outcome[ATTEMPT_TIMEOUT], 1);
	ck_assert_uint_eq(t->outcome[TALLY_CLASS + 3], 1);
	ck_assert_uint_eq(t->outcome[TALLY_CLASS + 4], 1);
	ck_assert_uint_eq(t->outcome[TALLY_CLASS + 5], 1);
	ck_assert_uint_eq(t->outcome[TALLY_CLASS], 1);
}
END_TEST

/* Three deliveries, one request. */
START_TEST(a_batch)
{
	p->count = 3;
	add(OUTCOME_DELIVERED, ATTEMPT_NONE, 200);
	ck_assert_uint_eq(t->row[0].n.delivered, 3);
	ck_assert_uint_eq(t->row[0].n.attempts, 3);
	ck_assert_uint_eq(histogram_count(&t->row[0].n.request), 1);
	ck_assert_uint_eq(histogram_count(&t->row[0].n.latency), 3);
	ck_assert_uint_eq(t->outcome[TALLY_DELIVERED], 3);
}
END_TEST

/* It had finished before, so its publishing is long ago. */
START_TEST(a_redelivery_has_no_latency)
{
	p->member[0].attempts = 4;
	add(OUTCOME_DELIVERED, ATTEMPT_NONE, 200);
	ck_assert_uint_eq(t->row[0].n.delivered, 1);
	ck_assert_uint_eq(histogram_count(&t->row[0].n.latency), 0);
	p->member[0].tries = 4;
	add(OUTCOME_DELIVERED, ATTEMPT_NONE, 200);
	ck_assert_uint_eq(histogram_count(&t->row[0].n.latency), 1);
}
END_TEST

START_TEST(each_minute_and_each_hook_apart)
{
	add(OUTCOME_DELIVERED, ATTEMPT_NONE, 200);
	lane.facts.hook.hook = 8;
	add(OUTCOME_DELIVERED, ATTEMPT_NONE, 200);
	add(OUTCOME_DELIVERED, ATTEMPT_NONE, 200);
	ck_assert_uint_eq(t->count, 3);
	ck_assert_uint_eq(t->row[0].n.delivered, 1);
	ck_assert_uint_eq(t->row[1].n.delivered, 3);
	ck_assert_uint_eq(t->row[2].n.delivered, 2);
	tally_parcel(t, p, NOW + 60000, NOW + 60000);
	ck_assert_uint_eq(t->count, 5);
	ck_assert_int_eq(t->row[3].minute, THE_MINUTE + 60000);
	lane.facts.hook.organization.b[0]++;
	add(OUTCOME_DELIVERED, ATTEMPT_NONE, 200);
	ck_assert_uint_eq(t->count, 7);
}
END_TEST

START_TEST(clearing)
{
	add(OUTCOME_DELIVERED, ATTEMPT_NONE, 200);
	tally_clear(t);
	ck_assert(!tally_is_due(t, INT64_MAX));
	add(OUTCOME_FAILED, ATTEMPT_NONE, 500);
	ck_assert_uint_eq(t->count, 2);
	ck_assert_uint_eq(t->row[0].n.delivered, 0);
	ck_assert_uint_eq(t->row[0].n.attempts, 1);
	ck_assert_uint_eq(t->outcome[TALLY_DELIVERED], 0);
	ck_assert_uint_eq(t->request_us, 1500);
	ck_assert_uint_eq(t->latency_us, 0);
}
END_TEST

/* After a second, or before the next round might not find room. */
START_TEST(when_it_is_due)
{
	int64_t now = clock_monotonic();

	ck_assert(!tally_is_due(t, now));
	add(OUTCOME_DELIVERED, ATTEMPT_NONE, 200);
	ck_assert(!tally_is_due(t, now));
	ck_assert(tally_is_due(t, clock_monotonic() + TALLY_WRITE_MS));
	while (t->count + TALLY_ROUND <= TALLY_ROWS) {
		ck_assert(!tally_is_due(t, t->since));
		lane.facts.hook.hook++;
		add(OUTCOME_DELIVERED, ATTEMPT_NONE, 200);
	}
	ck_assert(tally_is_due(t, t->since));
}
END_TEST

/* Nothing is written where there is no room. */
START_TEST(a_full_tally_counts_no_more)
{
	for (size_t i = 0; i < 2 * TALLY_ROWS; i++) {
		lane.facts.hook.hook++;
		add(OUTCOME_DELIVERED, ATTEMPT_NONE, 200);
	}
	ck_assert_uint_le(t->count, TALLY_ROWS);
	ck_assert_uint_ge(t->count, TALLY_ROWS - 1);
}
END_TEST

START_TEST(every_outcome_has_a_name)
{
	for (size_t i = 0; i < TALLY_OUTCOMES; i++) {
		ck_assert_ptr_nonnull(tally_outcome_name(i));
		ck_assert(*tally_outcome_name(i));
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(tally_outcome_name(i),
					 tally_outcome_name(j));
	}
	ck_assert_str_eq(tally_outcome_name(ATTEMPT_DNS), "dns");
	ck_assert_str_eq(tally_outcome_name(TALLY_CLASS + 4), "4xx");
}
END_TEST

Suite *suite_tally(void)
{
	Suite *s = suite_create("tally");
	TCase *tc = tcase_create("tally");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_delivery_counts_for_hook_and_organization);
	tcase_add_test(tc, attempts_that_fail);
	tcase_add_test(tc, a_batch);
	tcase_add_test(tc, a_redelivery_has_no_latency);
	tcase_add_test(tc, each_minute_and_each_hook_apart);
	tcase_add_test(tc, clearing);
	tcase_add_test(tc, when_it_is_due);
	tcase_add_test(tc, a_full_tally_counts_no_more);
	tcase_add_test(tc, every_outcome_has_a_name);
	suite_add_tcase(s, tc);
	return s;
}
