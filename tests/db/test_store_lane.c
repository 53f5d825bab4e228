/* SPDX-License-Identifier: MIT */
/*
 * store_lane: the fence.
 */
#include "dbtest.h"

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
	ck_assert_int_eq(c[0].standing, STORE_LANE_BACK);
	ck_assert_int_eq(c[1].standing, STORE_LANE_OURS);
	ck_assert_int_eq(c[2].standing, STORE_LANE_GONE);
	ck_assert_int_eq(c[3].standing, STORE_LANE_GONE);
	ck_assert_int_eq(c[4].standing, STORE_LANE_GONE);
}
END_TEST

START_TEST(a_turn_is_written_and_read)
{
	struct store_lane lane = {.lane = 1,
				  .turn = UINT64_C(0xffffffff00000001),
				  .suspended_until = INT64_MIN,
				  .failing_since = INT64_MIN,
				  .rate_at = INT64_MIN};
	struct store_lane_write w = {
		.lane = &lane, .keep = true, .next_at = INT64_C(1700000000000)};
	struct store_lane taken;
	uint64_t turn;
	size_t n;

	assert_ok(store_lane_write(&store, "me", &w, 1));
	assert_ok(store_lane_turn(&store, 1, &turn));
	ck_assert_uint_eq(turn, lane.turn);
	assert_ok(store_lane_take(&store, &lane.lane, 1, &taken, &n));
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(taken.turn, lane.turn);
	assert_err(store_lane_turn(&store, 5, &turn), ERR_NOT_FOUND);
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
	suite_add_tcase(s, t);
	return s;
}
