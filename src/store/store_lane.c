/* SPDX-License-Identifier: MIT */
/*
 * store_lane: the statements of a round.
 */
#include "store/store_lane.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/store.h"
#include "store/store_col.h"

enum { CANCEL_STEP = 5000, KEY_BYTES = STORE_LANE_KEY_BYTES };

enum err store_lane_due(struct store *s, int64_t until, size_t max,
			uint64_t *lanes, size_t *n)
{
	static const char by_now[] = "SELECT hook_id FROM vh_lanes WHERE "
				     "next_at <= UTC_TIMESTAMP(3) "
				     "ORDER BY next_at LIMIT ?";
	static const char by_then[] =
		"SELECT hook_id FROM vh_lanes WHERE next_at <= ? "
		"ORDER BY next_at LIMIT ?";
	struct db_stmt *q;
	enum err e;

	if (until == TIME_NONE)
		e = db_query(s->db, by_now, DB_ARGS(db_uint(max)), &q);
	else
		e = db_query(s->db, by_then,
			     DB_ARGS(db_time(until), db_uint(max)), &q);
	if (!e)
		store_col_keys(q, lanes, n);
	return e;
}

enum err store_lane_beside(struct store *s, const struct id *organizations,
			   size_t count, int64_t until, size_t max,
			   uint64_t *lanes, size_t *n)
{
	static const char due[] =
		"SELECT l.hook_id FROM (SELECT hook_id, next_at FROM vh_lanes "
		"WHERE next_at <= COALESCE(?, UTC_TIMESTAMP(3)) "
		"ORDER BY next_at LIMIT 2000) l STRAIGHT_JOIN vh_hooks h "
		"ON h.id = l.hook_id % " STORE_LANE_PING_SQL " "
		"WHERE h.organization NOT IN (?, ?, ?) "
		"ORDER BY l.next_at LIMIT ?";
	struct db_value id[3];
	struct db_stmt *q;
	size_t found = 0;
	enum err e;

	for (size_t i = 0; i < 3; i++)
		id[i] = db_bytes(organizations[i < count ? i : 0].b, ID_SIZE);
	e = db_query(s->db, due,
		     DB_ARGS(db_time(until), id[0], id[1], id[2], db_uint(max)),
		     &q);
	while (!e && db_next(q))
		lanes[found++] = db_col_uint(q, 0);
	if (!e)
		*n = found;
	return e;
}

/* The lane's time goes on with each write, and never back: one in the future
 * must not be forgotten before a round has heeded it. */
#define TOUCH                                                                  \
	"touched = 1 - touched, written_at = GREATEST(UTC_TIMESTAMP(3), "      \
	"COALESCE(written_at + INTERVAL 1000 MICROSECOND, UTC_TIMESTAMP(3)))"

/* One statement for as many lanes as it can name. */
static enum err change_lanes(struct store *s, const char *sql,
			     const uint64_t *lanes, size_t n)
{
	struct db_value list[DB_LIST_MAX];
	enum err e = ERR_OK;

	for (size_t at = 0; at < n && !e; at += DB_LIST_MAX) {
		size_t part = n - at < DB_LIST_MAX ? n - at : DB_LIST_MAX;

		db_uints(list, lanes + at, part);
		e = db_exec_list(s->db, sql, DB_NONE, list, part);
	}
	return e;
}

enum err store_lane_lock(struct store *s, const uint64_t *lanes, size_t n)
{
	return change_lanes(s,
			    "UPDATE vh_lanes FORCE INDEX (PRIMARY) SET " TOUCH
			    " WHERE hook_id IN ({?})",
			    lanes, n);
}

static enum err read_times(struct store *s, const uint64_t *lanes, size_t n,
			   int64_t *times)
{
	struct db_value list[DB_LIST_MAX];
	struct db_stmt *q;
	size_t at = 0;
	enum err e;

	db_uints(list, lanes, n);
	e = db_query_list(s->db,
			  "SELECT hook_id, written_at FROM vh_lanes "
			  "FORCE INDEX (PRIMARY) WHERE hook_id IN ({?}) "
			  "ORDER BY hook_id",
			  DB_NONE, list, n, &q);
	for (size_t i = 0; i < n; i++)
		times[i] = TIME_NONE;
	while (!e && db_next(q)) {
		while (at < n && lanes[at] < db_col_uint(q, 0))
			at++;
		if (at < n)
			times[at] = db_col_time(q, 1);
	}
	return e;
}

enum err store_lane_times(struct store *s, const uint64_t *lanes, size_t n,
			  int64_t *times)
{
	enum err e = ERR_OK;

	for (size_t at = 0; at < n && !e; at += DB_LIST_MAX) {
		size_t part = n - at < DB_LIST_MAX ? n - at : DB_LIST_MAX;

		e = read_times(s, lanes + at, part, times + at);
	}
	return e;
}

/* A leased lane is left alone: its owner looks again before it gives the lane
 * back, after the lock that was taken before. */
enum err store_lane_wake(struct store *s, const uint64_t *lanes, size_t n)
{
	return change_lanes(s,
			    "UPDATE vh_lanes FORCE INDEX (PRIMARY) SET "
			    "next_at = GREATEST(UTC_TIMESTAMP(3), "
			    "COALESCE(suspended_until, UTC_TIMESTAMP(3))) "
			    "WHERE owner IS NULL AND (next_at IS NULL OR "
			    "next_at > UTC_TIMESTAMP(3)) AND hook_id IN ({?})",
			    lanes, n);
}

enum err store_lane_revive(struct store *s, uint64_t lane)
{
	return change_lanes(
		s,
		"UPDATE vh_lanes FORCE INDEX (PRIMARY) SET "
		"suspended_until = NULL, put_off = 0, next_at = "
		"IF(owner IS NULL, UTC_TIMESTAMP(3), next_at), " TOUCH " WHERE "
		"suspended_until > UTC_TIMESTAMP(3) AND "
		"hook_id IN ({?})",
		&lane, 1);
}

enum err store_lane_unblock(struct store *s, const uint64_t *lanes, size_t n)
{
	return change_lanes(
		s,
		"UPDATE vh_lanes FORCE INDEX (PRIMARY) SET "
		"suspended_until = NULL, next_at = "
		"IF(owner IS NULL, UTC_TIMESTAMP(3), next_at), " TOUCH " WHERE "
		"suspended_until > UTC_TIMESTAMP(3) AND put_off = 0 AND "
		"hook_id IN ({?})",
		lanes, n);
}

enum err store_lane_resume(struct store *s, uint64_t lane)
{
	return change_lanes(
		s,
		"UPDATE vh_lanes FORCE INDEX (PRIMARY) SET "
		"suspended_until = NULL, put_off = 0, resumed_at = "
		"UTC_TIMESTAMP(3), next_at = "
		"IF(owner IS NULL, UTC_TIMESTAMP(3), next_at), " TOUCH
		" WHERE hook_id IN ({?})",
		&lane, 1);
}

enum err store_lane_urge(struct store *s, uint64_t lane)
{
	return change_lanes(s,
			    "UPDATE vh_lanes FORCE INDEX (PRIMARY) SET next_at "
			    "= UTC_TIMESTAMP(3) WHERE owner IS NULL AND "
			    "hook_id IN ({?})",
			    &lane, 1);
}

enum err store_lane_end(struct store *s, uint64_t lane, int64_t latest,
			struct store_lane_end *out)
{
	struct store_lane_end end = {.deleted = true, .due_at = TIME_NONE};
	bool ping = store_lane_kind(lane) == STORE_LANE_PING;
	struct db_stmt *q;
	enum err e;

	e = db_query(
		s->db,
		"SELECT h.enabled, h.deleted_at IS NOT NULL, "
		"h.updated_at, (SELECT d.due_at FROM vh_deliveries d WHERE "
		"d.lane = ? ORDER BY d.due_at LIMIT 1), EXISTS(SELECT 1 FROM "
		"vh_deliveries d WHERE d.lane = ? AND d.due_at > ?) "
		"FROM vh_hooks h WHERE h.id = ?",
		DB_ARGS(db_uint(lane), db_uint(lane), db_time(latest),
			db_uint(store_lane_hook_key(lane))),
		&q);
	while (!e && db_next(q)) {
		end.enabled = ping || db_col_int(q, 0) != 0;
		end.deleted = db_col_int(q, 1) != 0;
		end.updated_at = db_col_time(q, 2);
		end.due_at = db_col_time(q, 3);
		end.far = db_col_int(q, 4) != 0;
	}
	if (!e)
		*out = end;
	return e;
}

enum err store_lane_orphans(struct store *s, uint64_t lane)
{
	return db_exec(
		s->db,
		"UPDATE vh_deliveries FORCE INDEX (lane) SET state = 'failed', "
		"reason = 'its notification is gone', "
		"lane = hook_id + " STORE_LANE_FAILED_SQL ", "
		"due_at = UTC_TIMESTAMP(3), finished_at = UTC_TIMESTAMP(3) "
		"WHERE lane = ? AND due_at <= UTC_TIMESTAMP(3) AND "
		"NOT EXISTS (SELECT 1 FROM vh_notifications n WHERE "
		"n.id = vh_deliveries.notification_id) LIMIT ?",
		DB_ARGS(db_uint(lane), db_int(CANCEL_STEP)));
}

/* ---- disabled and deleted hooks ---- */

enum err store_lane_cancel(struct store *s, uint64_t hook, bool *more)
{
	enum err e;

	e = db_exec(
		s->db,
		"UPDATE vh_deliveries SET state = 'cancelled', lane = NULL, "
		"due_at = NULL, finished_at = UTC_TIMESTAMP(3), "
		"reason = 'the hook was deleted' WHERE lane IN (?, ?, ?) "
		"LIMIT ?",
		DB_ARGS(db_uint(hook),
			db_uint(store_lane_number(STORE_LANE_PING, hook)),
			db_uint(store_lane_number(STORE_LANE_HELD, hook)),
			db_int(CANCEL_STEP)));
	if (!e)
		*more = db_affected(s->db) == CANCEL_STEP;
	return e;
}

enum err store_lane_disable(struct store *s, uint64_t hook, const char *reason,
			    bool *changed)
{
	enum err e;

	e = db_exec(s->db,
		    "UPDATE vh_hooks SET enabled = 0, disabled_reason = ?, "
		    "version = version + 1, updated_at = "
		    "GREATEST(UTC_TIMESTAMP(3), "
		    "updated_at + INTERVAL 1000 MICROSECOND) WHERE id = ? AND "
		    "enabled = 1 AND deleted_at IS NULL",
		    DB_ARGS(db_text(reason), db_uint(hook)));
	if (!e)
		*changed = db_affected(s->db) == 1;
	return e;
}

/* ---- writing lanes back ---- */

/* The rows exist and are locked: see upsert_deliveries. */
static const char upsert_lanes[] =
	"INSERT INTO vh_lanes (hook_id, next_at, owner, turn, in_flight, "
	"crashes, failures, suspended_until, put_off, resumed_at, "
	"failing_since, failed_at, failed_attempts, rate_tokens, rate_at, "
	"doubt_before, written_at, hook_seen) VALUES "
	"{(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)} "
	"ON DUPLICATE KEY UPDATE "
	"next_at = VALUES(next_at), owner = VALUES(owner), "
	"turn = VALUES(turn), "
	"in_flight = VALUES(in_flight), crashes = VALUES(crashes), "
	"failures = VALUES(failures), "
	"suspended_until = VALUES(suspended_until), "
	"put_off = VALUES(put_off), resumed_at = VALUES(resumed_at), "
	"failing_since = VALUES(failing_since), "
	"failed_at = VALUES(failed_at), "
	"failed_attempts = VALUES(failed_attempts), "
	"rate_tokens = VALUES(rate_tokens), rate_at = VALUES(rate_at), "
	"doubt_before = VALUES(doubt_before), "
	"written_at = VALUES(written_at), hook_seen = VALUES(hook_seen)";

static void store_key_bytes(unsigned char *p, uint64_t v)
{
	for (size_t i = KEY_BYTES; i-- > 0; v >>= 8)
		p[i] = (unsigned char)v;
}

static struct db_value in_flight_value(const struct store_lane_write *w,
				       struct arena *arena)
{
	unsigned char *bytes;

	if (!w->keep || !w->in_flight_count)
		return db_null();
	bytes = arena_alloc(arena, w->in_flight_count * KEY_BYTES);
	for (size_t i = 0; i < w->in_flight_count; i++)
		store_key_bytes(bytes + i * KEY_BYTES, w->in_flight[i]);
	return db_bytes(bytes, w->in_flight_count * KEY_BYTES);
}

enum err store_lane_write(struct store *s, const char *owner,
			  const struct store_lane_write *writes, size_t n)
{
	enum { COLUMNS = 18 };
	struct db_value *v, *at;
	struct arena arena;
	enum err e;

	arena_init(&arena);
	v = at = arena_alloc(&arena, (n + 1) * COLUMNS * sizeof(*v));
	for (size_t i = 0; i < n; i++) {
		const struct store_lane *l = writes[i].lane;

		*at++ = db_uint(l->lane);
		*at++ = db_time(writes[i].next_at);
		*at++ = writes[i].keep ? db_text(owner) : db_null();
		*at++ = db_uint(l->turn);
		*at++ = in_flight_value(&writes[i], &arena);
		*at++ = db_uint(l->crashes > 255 ? 255 : l->crashes);
		*at++ = db_uint(l->failures);
		*at++ = db_time(l->suspended_until);
		*at++ = db_int(l->put_off);
		*at++ = db_time(l->resumed_at);
		*at++ = db_time(l->failing.since);
		*at++ = db_time(l->failing.last);
		*at++ = db_uint(l->failing.attempts);
		*at++ = db_double(l->rate_tokens);
		*at++ = db_time(l->rate_at);
		*at++ = db_time(l->doubt_before);
		*at++ = db_time(l->written_at);
		*at++ = db_time(l->hook_seen);
	}
	e = db_exec_rows(s->db, upsert_lanes, v, n, COLUMNS);
	arena_release(&arena);
	return e;
}
