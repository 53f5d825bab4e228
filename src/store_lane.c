/*
 * store_lane: the statements of a round.
 */
#include "store_lane.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "store.h"
#include "text.h"

enum {
	CRASHES_TO_HOLD = 3, /* design 2: died three times with it alone */
	CANCEL_STEP = 5000,
	KEY_BYTES = 8
};

enum err store_lane_due(struct store *s, int64_t until, size_t max,
			uint64_t *lanes, size_t *n)
{
	static const char by_now[] =
		"SELECT hook_id FROM lanes WHERE next_at <= UTC_TIMESTAMP(3) "
		"ORDER BY next_at LIMIT ?";
	static const char by_then[] =
		"SELECT hook_id FROM lanes WHERE next_at <= ? "
		"ORDER BY next_at LIMIT ?";
	struct db_stmt *q;
	size_t count = 0;
	enum err e;

	if (until == TIME_NONE)
		e = db_query(s->db, by_now, DB_ARGS(db_uint(max)), &q);
	else
		e = db_query(s->db, by_then,
			     DB_ARGS(db_time(until), db_uint(max)), &q);
	while (!e && db_next(q))
		lanes[count++] = db_col_uint(q, 0);
	if (!e)
		*n = count;
	return e;
}

enum err store_lane_fence(struct store *s, const char *owner,
			  const uint64_t *lanes, size_t n, bool *held)
{
	struct db_value list[STORE_LANE_MAX];
	struct db_stmt *q;
	int64_t now = TIME_NONE;
	enum err e;

	memset(held, 0, n * sizeof(*held));
	if (!n)
		return store_now(s, &now);
	db_uints(list, lanes, n);
	e = db_query_list(s->db,
			  "SELECT hook_id, UTC_TIMESTAMP(3) FROM lanes WHERE "
			  "owner = ? AND hook_id IN ({?}) FOR UPDATE",
			  DB_ARGS(db_text(owner)), list, n, &q);
	while (!e && db_next(q)) {
		uint64_t lane = db_col_uint(q, 0);

		s->now = now = db_col_time(q, 1);
		for (size_t i = 0; i < n; i++)
			held[i] = held[i] || lanes[i] == lane;
	}
	return e || now != TIME_NONE ? e : store_now(s, &now);
}

/* ---- taking ---- */

static uint64_t load_key(const unsigned char *p)
{
	uint64_t v = 0;

	for (size_t i = 0; i < KEY_BYTES; i++)
		v = v << 8 | p[i];
	return v;
}

static void store_key_bytes(unsigned char *p, uint64_t v)
{
	for (size_t i = KEY_BYTES; i-- > 0; v >>= 8)
		p[i] = (unsigned char)v;
}

static const char mark_suspects[] =
	"UPDATE deliveries SET maybe_duplicate = 1, crashes = crashes + ? "
	"WHERE state = 'pending' AND id IN ({?})";

/* Nobody knows whether it arrived, and it is not to be sent twice. */
static const char fail_pings[] =
	"UPDATE deliveries SET maybe_duplicate = 1, crashes = crashes + ?, "
	"state = 'failed', lane = hook_id + " STORE_LANE_FAILED_SQL ", "
	"due_at = UTC_TIMESTAMP(3), finished_at = UTC_TIMESTAMP(3), "
	"reason = 'the sender died while sending this ping' "
	"WHERE state = 'pending' AND id IN ({?})";

/* The keys a dead owner had in flight: each may have arrived. */
static enum err update_suspects(struct store *s, const char *sql,
				const void *bytes, size_t n)
{
	struct db_value list[DB_LIST_MAX];
	size_t count = n / KEY_BYTES;
	enum err e = ERR_OK;

	for (size_t at = 0; at < count && !e; at += DB_LIST_MAX) {
		size_t part =
			count - at < DB_LIST_MAX ? count - at : DB_LIST_MAX;

		for (size_t i = 0; i < part; i++)
			list[i] =
				db_uint(load_key((const unsigned char *)bytes +
						 (at + i) * KEY_BYTES));
		e = db_exec_list(s->db, sql, DB_ARGS(db_int(count == 1)), list,
				 part);
	}
	return e;
}

static enum err hold_killer(struct store *s, uint64_t key)
{
	return db_exec(s->db,
		       "UPDATE deliveries SET state = 'held', "
		       "lane = hook_id + " STORE_LANE_HELD_SQL ", "
		       "due_at = UTC_TIMESTAMP(3), "
		       "finished_at = UTC_TIMESTAMP(3), "
		       "reason = 'the sender died three times while sending "
		       "this delivery' WHERE id = ? AND state = 'pending' AND "
		       "crashes >= ?",
		       DB_ARGS(db_uint(key), db_int(CRASHES_TO_HOLD)));
}

static enum err recover(struct store *s, struct store_lane *lane,
			const void *in_flight, size_t n)
{
	enum err e;

	if (store_lane_kind(lane->lane) == STORE_LANE_PING)
		return update_suspects(s, fail_pings, in_flight, n);
	e = update_suspects(s, mark_suspects, in_flight, n);
	lane->crashes++;
	if (!e && n == KEY_BYTES)
		e = hold_killer(s, load_key(in_flight));
	return e;
}

static void read_lane(struct db_stmt *q, struct store_lane *lane)
{
	*lane = (struct store_lane){
		.lane = db_col_uint(q, 0),
		.crashes = (unsigned)db_col_uint(q, 3),
		.failures = (unsigned)db_col_uint(q, 4),
		.suspended_until = db_col_time(q, 5),
		.failing_since = db_col_time(q, 6),
		.rate_tokens = db_col_double(q, 7),
		.rate_at = db_col_time(q, 8),
	};
}

/* Leases left by a COMMIT whose answer was lost are ours already. */
enum err store_lane_take(struct store *s, const char *owner,
			 const uint64_t *numbers, size_t n,
			 struct store_lane *lanes, size_t *taken)
{
	struct db_value list[STORE_LANE_MAX];
	struct db_stmt *q;
	size_t count = 0;
	enum err e;

	if (!n) {
		*taken = 0;
		return ERR_OK;
	}
	db_uints(list, numbers, n);
	e = db_query_list(s->db,
			  "SELECT hook_id, owner, in_flight, crashes, "
			  "failures, suspended_until, failing_since, "
			  "rate_tokens, rate_at FROM lanes WHERE "
			  "(next_at <= UTC_TIMESTAMP(3) OR owner = ?) AND "
			  "hook_id IN ({?}) FOR UPDATE",
			  DB_ARGS(db_text(owner)), list, n, &q);
	while (!e && db_next(q)) {
		size_t in_flight;
		const char *keys = db_col_bytes(q, 2, &in_flight);
		bool died = !db_col_null(q, 1) && in_flight &&
			    strcmp(db_col_text(q, 1), owner) != 0;

		read_lane(q, &lanes[count]);
		if (died)
			e = recover(s, &lanes[count], keys, in_flight);
		count++;
	}
	if (!e)
		*taken = count;
	return e;
}

enum err store_lane_lock(struct store *s, const uint64_t *lanes, size_t n)
{
	struct db_value list[DB_LIST_MAX];
	enum err e = ERR_OK;

	for (size_t at = 0; at < n && !e; at += DB_LIST_MAX) {
		size_t part = n - at < DB_LIST_MAX ? n - at : DB_LIST_MAX;

		db_uints(list, lanes + at, part);
		e = db_exec_list(s->db,
				 "SELECT hook_id FROM lanes FORCE INDEX "
				 "(PRIMARY) WHERE hook_id IN ({?}) "
				 "ORDER BY hook_id FOR UPDATE",
				 DB_NONE, list, part);
	}
	return e;
}

/* A lane that is leased is left alone: its owner looks again before it gives
 * the lane back, behind the lock that was taken before. */
enum err store_lane_wake(struct store *s, const uint64_t *lanes, size_t n)
{
	struct db_value list[DB_LIST_MAX];
	enum err e = ERR_OK;

	for (size_t at = 0; at < n && !e; at += DB_LIST_MAX) {
		size_t part = n - at < DB_LIST_MAX ? n - at : DB_LIST_MAX;

		db_uints(list, lanes + at, part);
		e = db_exec_list(s->db,
				 "UPDATE lanes FORCE INDEX (PRIMARY) SET "
				 "next_at = GREATEST(UTC_TIMESTAMP(3), "
				 "COALESCE(suspended_until, "
				 "UTC_TIMESTAMP(3))) WHERE owner IS NULL AND "
				 "(next_at IS NULL OR "
				 "next_at > UTC_TIMESTAMP(3)) AND "
				 "hook_id IN ({?})",
				 DB_NONE, list, part);
	}
	return e;
}

enum err store_lane_end(struct store *s, uint64_t lane,
			struct store_lane_end *out)
{
	struct store_lane_end end = {.deleted = true, .due_at = TIME_NONE};
	bool ping = store_lane_kind(lane) == STORE_LANE_PING;
	struct db_stmt *q;
	enum err e;

	e = db_query(s->db,
		     "SELECT h.enabled, h.deleted_at IS NOT NULL, "
		     "h.updated_at, (SELECT d.due_at FROM deliveries d WHERE "
		     "d.lane = ? ORDER BY d.due_at LIMIT 1) FROM hooks h "
		     "WHERE h.id = ?",
		     DB_ARGS(db_uint(lane), db_uint(store_lane_hook_key(lane))),
		     &q);
	while (!e && db_next(q)) {
		end.enabled = ping || db_col_int(q, 0) != 0;
		end.deleted = db_col_int(q, 1) != 0;
		end.updated_at = db_col_time(q, 2);
		end.due_at = db_col_time(q, 3);
	}
	if (!e)
		*out = end;
	return e;
}

/* ---- hooks that ended ---- */

enum err store_lane_cancel(struct store *s, uint64_t hook, bool *more)
{
	enum err e;

	e = db_exec(s->db,
		    "UPDATE deliveries SET state = 'cancelled', lane = NULL, "
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
		    "UPDATE hooks SET enabled = 0, disabled_reason = ?, "
		    "updated_at = UTC_TIMESTAMP(3) WHERE id = ? AND "
		    "enabled = 1 AND deleted_at IS NULL",
		    DB_ARGS(db_text(reason), db_uint(hook)));
	if (!e)
		*changed = db_affected(s->db) == 1;
	return e;
}

/* ---- writing lanes back ---- */

/* The rows exist and are locked: see upsert_deliveries. */
static const char upsert_lanes[] =
	"INSERT INTO lanes (hook_id, next_at, owner, in_flight, crashes, "
	"failures, suspended_until, failing_since, rate_tokens, rate_at) "
	"VALUES {(?,?,?,?,?,?,?,?,?,?)} ON DUPLICATE KEY UPDATE "
	"next_at = VALUES(next_at), owner = VALUES(owner), "
	"in_flight = VALUES(in_flight), crashes = VALUES(crashes), "
	"failures = VALUES(failures), "
	"suspended_until = VALUES(suspended_until), "
	"failing_since = VALUES(failing_since), "
	"rate_tokens = VALUES(rate_tokens), rate_at = VALUES(rate_at)";

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
	enum { COLUMNS = 10 };
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
		*at++ = in_flight_value(&writes[i], &arena);
		*at++ = db_uint(l->crashes > 255 ? 255 : l->crashes);
		*at++ = db_uint(l->failures);
		*at++ = db_time(l->suspended_until);
		*at++ = db_time(l->failing_since);
		*at++ = db_double(l->rate_tokens);
		*at++ = db_time(l->rate_at);
	}
	e = db_exec_rows(s->db, upsert_lanes, v, n, COLUMNS);
	arena_release(&arena);
	return e;
}

/* ---- dead owners ---- */

enum err store_lane_bury(struct store *s, const char *prefix,
			 bool (*alive)(void *arg, const char *owner), void *arg,
			 size_t *freed)
{
	struct db_stmt *q;
	size_t count = 0;
	enum err e;

	e = db_query(s->db,
		     "SELECT DISTINCT owner FROM lanes WHERE "
		     "next_at IS NOT NULL AND owner IS NOT NULL AND "
		     "LEFT(owner, ?) = ?",
		     DB_ARGS(db_uint(strlen(prefix)), db_text(prefix)), &q);
	while (!e && db_next(q)) {
		const char *owner = db_col_text(q, 0);

		if (alive(arg, owner))
			continue;
		e = db_exec(s->db,
			    "UPDATE lanes SET next_at = UTC_TIMESTAMP(3) "
			    "WHERE owner = ?",
			    DB_ARGS(db_text(owner)));
		count += db_affected(s->db);
	}
	if (!e)
		*freed = count;
	return e;
}
