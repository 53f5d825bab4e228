/* SPDX-License-Identifier: MIT */
/*
 * store_outcome: whose rows are written to.
 */
#include "dbtest.h"

#include "outside/attempt.h"
#include "store/store.h"
#include "store/store_lane.h"
#include "store/store_outcome.h"
#include "store/store_schema.h"

static struct store store;
static int64_t made; /* when the deliveries were */

/* 1 and 2 are as they were sent, 3 and 4 got their keys anew: for another hook,
 * and at another time. 5 is forgotten. */
static void setup(void)
{
	struct store_migration m = {.steps = store_schema_steps,
				    .count = store_schema_step_count,
				    .empty = STORE_SCHEMA_EMPTY};

	dbtest_fresh("hooks_outcome");
	assert_ok(store_migrate(dbtest_conf(), &m));
	store_init(&store, dbtest_conf(), DB_SENDER);
	assert_ok(store_connect(&store));
	assert_ok(store_now(&store, &made));
	assert_ok(db_exec(
		store.db,
		"INSERT INTO vh_deliveries (id, organization, "
		"notification_id, hook_id, lane, due_at, created_at) VALUES "
		"(1, 'o', 1, 7, 7, ?, ?), (2, 'o', 2, 8, 8, ?, ?), "
		"(3, 'o', 3, 9, 9, ?, ?), (4, 'o', 4, 8, 8, ?, ?)",
		DB_ARGS(db_time(made), db_time(made), db_time(made),
			db_time(made), db_time(made), db_time(made),
			db_time(made), db_time(made + 1))));
}

static void teardown(void)
{
	store_release(&store);
}

static void record(enum store_result result)
{
	const struct attempt a = {.status = 500};
	struct store_outcome o[5];

	for (size_t i = 0; i < COUNT(o); i++)
		o[i] = (struct store_outcome){
			.lane = i == COUNT(o) - 1 ? 7 : 8,
			.key = COUNT(o) - i, /* in no order */
			.created_at = made,
			.result = result,
			.attempts = 1,
			.tries = 1,
			.due_at = made,
			.started_at = made,
			.attempt = &a,
		};
	assert_ok(store_outcome_find(&store, o, COUNT(o)));
	assert_ok(store_outcome_record(&store, o, COUNT(o)));
}

static void check(const char *state)
{
	struct db_stmt *q;

	assert_ok(db_query(store.db,
			   "SELECT id, attempts FROM vh_deliveries WHERE "
			   "state = ? AND attempts = 1 ORDER BY id",
			   DB_ARGS(db_text(state)), &q));
	ck_assert_uint_eq(db_rows(q), 2);
	ck_assert(db_next(q));
	ck_assert_uint_eq(db_col_uint(q, 0), 1);
	ck_assert(db_next(q));
	ck_assert_uint_eq(db_col_uint(q, 0), 2);
	ck_assert_int_eq(dbtest_int(store.db,
				    "SELECT COUNT(*) FROM vh_deliveries WHERE "
				    "attempts = 0 AND state = 'pending'"),
			 2);
	assert_ok(db_query(store.db,
			   "SELECT delivery_id FROM vh_attempts "
			   "ORDER BY delivery_id",
			   DB_NONE, &q));
	ck_assert_uint_eq(db_rows(q), 2);
	ck_assert(db_next(q));
	ck_assert_uint_eq(db_col_uint(q, 0), 1);
	ck_assert(db_next(q));
	ck_assert_uint_eq(db_col_uint(q, 0), 2);
}

START_TEST(a_delivery_is_more_than_its_key)
{
	record(STORE_DELIVERED);
	check("delivered");
}
END_TEST

START_TEST(a_failure_is_of_its_own_row)
{
	record(STORE_FAILED);
	check("failed");
}
END_TEST

START_TEST(a_retry_is_of_its_own_row)
{
	record(STORE_PENDING);
	check("pending");
}
END_TEST

Suite *suite_store_outcome(void)
{
	Suite *s = suite_create("store_outcome");
	TCase *t = tcase_create("store_outcome");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_delivery_is_more_than_its_key);
	tcase_add_test(t, a_failure_is_of_its_own_row);
	tcase_add_test(t, a_retry_is_of_its_own_row);
	suite_add_tcase(s, t);
	return s;
}
