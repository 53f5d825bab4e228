/* SPDX-License-Identifier: MIT */
/*
 * store_lane_fence: who holds a lane, and since which round.
 */
#include <string.h>

#include "base/text.h"
#include "store/store.h"
#include "store/store_lane.h"

static enum store_lane_claim_state judge_owner(const struct db_stmt *q,
					       const char *owner, uint64_t turn)
{
	if (db_col_null(q, 1) || strcmp(db_col_text(q, 1), owner) != 0)
		return STORE_LANE_ANOTHER;
	return db_col_uint(q, 2) == turn ? STORE_LANE_OURS : STORE_LANE_EARLIER;
}

static void judge_claim(const struct db_stmt *q, const char *owner,
			struct store_lane_claim *c)
{
	c->state = judge_owner(q, owner, c->turn);
	c->doubt_before = db_col_time(q, 3);
	c->suspended_until = db_col_time(q, 5);
	c->resumed_at = db_col_time(q, 6);
	c->written_at = db_col_time(q, 7);
}

enum err store_lane_fence(struct store *s, const char *owner,
			  struct store_lane_claim *claims, size_t n)
{
	struct db_value list[STORE_LANE_MAX];
	struct db_stmt *q;
	int64_t now = TIME_NONE;
	enum err e;

	for (size_t i = 0; i < n; i++) {
		claims[i].state = STORE_LANE_GONE;
		claims[i].doubt_before = TIME_NONE;
		list[i] = db_uint(claims[i].lane);
	}
	if (!n)
		return store_now(s, &now);
	e = db_query_list(s->db,
			  "SELECT hook_id, owner, turn, doubt_before, "
			  "UTC_TIMESTAMP(3), suspended_until, resumed_at, "
			  "written_at FROM vh_lanes WHERE "
			  "hook_id IN ({?}) FOR UPDATE",
			  DB_NONE, list, n, &q);
	while (!e && db_next(q)) {
		s->now = now = db_col_time(q, 4);
		for (size_t i = 0; i < n; i++)
			if (claims[i].lane == db_col_uint(q, 0))
				judge_claim(q, owner, &claims[i]);
	}
	return e || now != TIME_NONE ? e : store_now(s, &now);
}

enum err store_lane_peek(struct store *s, uint64_t lane, uint64_t *turn,
			 int64_t *written_at)
{
	struct db_stmt *q;
	enum err e = db_query(s->db,
			      "SELECT turn, written_at, UTC_TIMESTAMP(3) "
			      "FROM vh_lanes WHERE hook_id = ?",
			      DB_ARGS(db_uint(lane)), &q);

	if (e)
		return e;
	if (!db_next(q))
		return ERR_NOT_FOUND;
	*turn = db_col_uint(q, 0);
	*written_at = db_col_time(q, 1);
	s->now = db_col_time(q, 2);
	return ERR_OK;
}

enum err store_lane_turn(struct store *s, uint64_t lane, uint64_t *turn)
{
	int64_t written_at;
	enum err e = store_lane_lock(s, &lane, 1);

	return e ? e : store_lane_peek(s, lane, turn, &written_at);
}

/* ---- after a database has gone back ---- */

enum err store_lane_let_go(struct store *s, const char *owner,
			   const uint64_t *lanes, size_t n)
{
	struct db_value list[STORE_LANE_MAX];

	if (!n)
		return ERR_OK;
	db_uints(list, lanes, n);
	return db_exec_list(s->db,
			    "UPDATE vh_lanes FORCE INDEX (PRIMARY) SET "
			    "next_at = IF(owner = ?, UTC_TIMESTAMP(3), "
			    "next_at), doubt_before = UTC_TIMESTAMP(3) "
			    "WHERE hook_id IN ({?})",
			    DB_ARGS(db_text(owner)), list, n);
}

enum err store_lane_doubt(struct store *s, int64_t before, uint64_t *place)
{
	enum { STEP = 500 };
	struct db_value list[STEP];
	uint64_t last = 0;
	struct db_stmt *q;
	size_t n = 0;
	enum err e = db_query(s->db,
			      "SELECT hook_id FROM vh_lanes WHERE hook_id > ? "
			      "ORDER BY hook_id LIMIT ?",
			      DB_ARGS(db_uint(*place), db_int(STEP)), &q);

	while (!e && db_next(q))
		list[n++] = db_uint(last = db_col_uint(q, 0));
	if (!e && n)
		e = db_exec_list(s->db,
				 "UPDATE vh_lanes FORCE INDEX (PRIMARY) SET "
				 "doubt_before = IF(doubt_before > ?, "
				 "doubt_before, ?) WHERE hook_id IN ({?})",
				 DB_ARGS(db_time(before), db_time(before)),
				 list, n);
	if (!e)
		*place = n == STEP ? last : 0;
	return e;
}
