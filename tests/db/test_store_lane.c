/* SPDX-License-Identifier: MIT */
/*
 * store_lane: the fence.
 */
#include "dbtest.h"

#include "base/mem.h"
#include "store/store.h"
#include "store/store_lane.h"
#include "store/store_schema.h"

static struct store store;

static void setup(void)
{
	struct store_migration m = {.steps = store_schema_steps,
				    .count = store_schema_step_count,
				    .empty = STORE_SCHEMA_EMPTY};

	dbtest_fresh("hooks_lane");
	assert_ok(store_migrate(dbtest_conf(), &m));
	store_init(&store, dbtest_conf(), DB_SENDER);
	assert_ok(store_connect(&store));
	assert_ok(db_exec_text(
		store.db,
		"INSERT INTO vh_lanes (hook_id, next_at, owner, turn) VALUES "
		"(1, UTC_TIMESTAMP(3), 'me', 71), (2, NULL, NULL, 71), "
		"(3, UTC_TIMESTAMP(3), 'you', 71), "
		"(4, UTC_TIMESTAMP(3), 'me', 70)"));
}

static void teardown(void)
{
	store_release(&store);
}

/* ---- the fence ---- */

START_TEST(only_owner_and_turn_hold_a_lane)
{
	struct store_lane_claim c[] = {
		{.lane = 4, .turn = 71}, {.lane = 1, .turn = 71},
		{.lane = 2, .turn = 71}, {.lane = 3, .turn = 71},
		{.lane = 5, .turn = 71},
	};

	assert_ok(store_lane_fence(&store, "me", c, COUNT(c)));
	ck_assert_int_eq(c[0].state, STORE_LANE_EARLIER);
	ck_assert_int_eq(c[1].state, STORE_LANE_OURS);
	ck_assert_int_eq(c[2].state, STORE_LANE_ANOTHER);
	ck_assert_int_eq(c[3].state, STORE_LANE_ANOTHER);
	ck_assert_int_eq(c[4].state, STORE_LANE_GONE);
}
END_TEST

START_TEST(a_turn_is_written_and_read)
{
	struct store_lane lane = {
		.lane = 1,
		.turn = UINT64_C(0xffffffff00000001),
		.suspended_until = INT64_MIN,
		.resumed_at = INT64_MIN,
		.failing = {.since = INT64_MIN, .last = INT64_MIN},
		.rate_at = INT64_MIN};
	struct store_lane_write w = {
		.lane = &lane, .keep = true, .next_at = INT64_C(1700000000000)};
	struct store_lane_taken taken;
	struct arena arena;
	uint64_t turn;

	assert_ok(store_lane_write(&store, "me", &w, 1));
	assert_ok(store_lane_turn(&store, 1, &turn));
	ck_assert_uint_eq(turn, lane.turn);
	arena_init(&arena);
	assert_ok(store_lane_take(&store, &arena, &lane.lane, 1, &taken));
	ck_assert_uint_eq(taken.count, 1);
	ck_assert_uint_eq(taken.lanes[0].turn, lane.turn);
	arena_release(&arena);
	assert_err(store_lane_turn(&store, 5, &turn), ERR_NOT_FOUND);
}
END_TEST

/* ---- a database that has gone back ---- */

static int64_t figure(const char *sql)
{
	return dbtest_int(store.db, sql);
}

START_TEST(a_lane_is_let_go)
{
	const uint64_t lanes[] = {1, 3};

	assert_ok(db_exec_text(store.db, "UPDATE vh_lanes SET next_at = "
					 "'2100-01-01'"));
	assert_ok(store_lane_let_go(&store, "me", lanes, COUNT(lanes)));
	/* Whoever takes it finds what was in flight. */
	ck_assert_int_eq(
		figure("SELECT next_at <= UTC_TIMESTAMP(3) AND owner = "
		       "'me' FROM vh_lanes WHERE hook_id = 1"),
		1);
	ck_assert_int_eq(figure("SELECT next_at > UTC_TIMESTAMP(3) AND owner = "
				"'you' FROM vh_lanes WHERE hook_id = 3"),
			 1);
	ck_assert_int_eq(
		figure("SELECT COUNT(*) FROM vh_lanes WHERE doubt_before IS "
		       "NOT NULL AND hook_id IN (1, 3)"),
		2);
}
END_TEST

START_TEST(all_lanes_are_doubted_in_steps)
{
	const int64_t before = INT64_C(1700000000000);
	struct store_lane_claim c = {.lane = 4};
	uint64_t place = 0;
	int steps = 0;

	for (int i = 0; i < 6; i++)
		assert_ok(db_exec_text(store.db,
				       "INSERT INTO vh_lanes (hook_id) SELECT "
				       "hook_id + (SELECT MAX(hook_id) FROM "
				       "vh_lanes) FROM vh_lanes LIMIT 200"));
	assert_ok(db_exec_text(store.db, "UPDATE vh_lanes SET doubt_before = "
					 "'2100-01-01' WHERE hook_id = 1"));
	do {
		assert_ok(store_lane_doubt(&store, before, &place));
		steps++;
	} while (place);
	ck_assert_int_eq(
		steps, 1 + (int)figure("SELECT COUNT(*) FROM vh_lanes") / 500);
	assert_ok(store_lane_fence(&store, "me", &c, 1));
	ck_assert_int_eq(c.doubt_before, before);
	/* A later doubt stays. */
	ck_assert_int_eq(figure("SELECT COUNT(*) FROM vh_lanes WHERE "
				"doubt_before IS NULL OR "
				"doubt_before > '2099-01-01'"),
			 1);
}
END_TEST

Suite *suite_store_lane(void)
{
	Suite *s = suite_create("store_lane");
	TCase *t = tcase_create("store_lane");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, only_owner_and_turn_hold_a_lane);
	tcase_add_test(t, a_turn_is_written_and_read);
	tcase_add_test(t, a_lane_is_let_go);
	tcase_add_test(t, all_lanes_are_doubted_in_steps);
	suite_add_tcase(s, t);
	return s;
}
