/* SPDX-License-Identifier: MIT */
/*
 * store_lane_fence: who holds a lane, and since which round.
 */
#include <string.h>

#include "base/text.h"
#include "store/store.h"
#include "store/store_lane.h"

static enum store_lane_standing standing_of(const struct db_stmt *q,
					    const char *owner, uint64_t turn)
{
	if (db_col_null(q, 1) || strcmp(db_col_text(q, 1), owner) != 0)
		return STORE_LANE_GONE;
	return db_col_uint(q, 2) == turn ? STORE_LANE_OURS : STORE_LANE_BACK;
}

enum err store_lane_fence(struct store *s, const char *owner,
			  struct store_lane_claim *claims, size_t n)
{
	struct db_value list[STORE_LANE_MAX];
	struct db_stmt *q;
	int64_t now = TIME_NONE;
	enum err e;

	for (size_t i = 0; i < n; i++) {
		claims[i].standing = STORE_LANE_GONE;
		list[i] = db_uint(claims[i].lane);
	}
	if (!n)
		return store_now(s, &now);
	e = db_query_list(s->db,
			  "SELECT hook_id, owner, turn, UTC_TIMESTAMP(3) FROM "
			  "vh_lanes WHERE hook_id IN ({?}) FOR UPDATE",
			  DB_NONE, list, n, &q);
	while (!e && db_next(q)) {
		s->now = now = db_col_time(q, 3);
		for (size_t i = 0; i < n; i++)
			if (claims[i].lane == db_col_uint(q, 0))
				claims[i].standing =
					standing_of(q, owner, claims[i].turn);
	}
	return e || now != TIME_NONE ? e : store_now(s, &now);
}

enum err store_lane_turn(struct store *s, uint64_t lane, uint64_t *turn)
{
	struct db_stmt *q;
	enum err e = store_lane_lock(s, &lane, 1);

	if (!e)
		e = db_query(s->db,
			     "SELECT turn FROM vh_lanes WHERE hook_id = ?",
			     DB_ARGS(db_uint(lane)), &q);
	if (e)
		return e;
	if (!db_next(q))
		return ERR_NOT_FOUND;
	*turn = db_col_uint(q, 0);
	return ERR_OK;
}
