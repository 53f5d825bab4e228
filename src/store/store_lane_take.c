/* SPDX-License-Identifier: MIT */
/*
 * store_lane_take: leases, and the rows that dead owners left behind.
 */
#include "store/store_lane.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "outside/attempt.h"
#include "rules/action.h"
#include "store/store.h"

enum {
	CRASHES_TO_HOLD = 3, /* senders that crashed with it alone in flight */
	BATCH_MAX = 100	     /* members */
};

struct taking {
	struct store *s;
	struct arena *arena;
	struct store_lane_taken *out;
};

/* Only after a crash can the deliveries in flight be the reason: a host that
 * was turned off, or a sender that was killed, tells nothing about them. */
static bool has_crashed(const char *owner)
{
	size_t len = strlen(owner), n = strlen(STORE_LANE_CRASHED);

	return len >= n && strcmp(owner + len - n, STORE_LANE_CRASHED) == 0;
}

static uint64_t load_key(const unsigned char *p)
{
	uint64_t v = 0;

	for (size_t i = 0; i < STORE_LANE_KEY_BYTES; i++)
		v = v << 8 | p[i];
	return v;
}

/* Counts the attempt that was made, if it was: so the next request has the next
 * number. */
static const char note_unrecorded[] =
	"INSERT INTO vh_attempts (delivery_id, attempt, started_at, error) "
	"SELECT id, attempts + 1, UTC_TIMESTAMP(3), ? FROM vh_deliveries "
	"WHERE state = 'pending' AND id IN ({?}) "
	"ON DUPLICATE KEY UPDATE delivery_id = vh_attempts.delivery_id";

static const char mark_suspects[] =
	"UPDATE vh_deliveries SET maybe_duplicate = 1, "
	"attempts = attempts + 1, crashes = crashes + ? "
	"WHERE state = 'pending' AND id IN ({?})";

/* Nobody knows whether the ping arrived, and it must not be sent twice. */
static const char fail_pings[] =
	"UPDATE vh_deliveries SET maybe_duplicate = 1, "
	"attempts = attempts + 1, crashes = crashes + ?, state = 'failed', "
	"lane = hook_id + " STORE_LANE_FAILED_SQL ", "
	"due_at = UTC_TIMESTAMP(3), finished_at = UTC_TIMESTAMP(3), "
	"reason = 'the sender died while sending this ping' "
	"WHERE state = 'pending' AND id IN ({?})";

/* A single row, or the members of one batch: nothing else was in flight. */
static enum err was_alone(struct store *s, const struct db_value *list,
			  size_t n, bool *alone)
{
	struct db_stmt *q;
	enum err e;

	*alone = n == 1;
	if (n == 1 || n > BATCH_MAX)
		return ERR_OK;
	e = db_query_list(s->db,
			  "SELECT COUNT(*) = COUNT(batch) AND "
			  "COUNT(DISTINCT batch) = 1 FROM vh_deliveries "
			  "WHERE id IN ({?})",
			  DB_NONE, list, n, &q);
	while (!e && db_next(q))
		*alone = db_col_int(q, 0) != 0;
	return e;
}

/* The keys that a dead owner had in flight: each may have arrived. */
static enum err update_suspects(struct store *s, const char *sql,
				const struct db_value *list, size_t n,
				bool alone)
{
	const char *code = attempt_error_code(ATTEMPT_UNRECORDED);
	enum err e = ERR_OK;

	for (size_t at = 0; at < n && !e; at += DB_LIST_MAX) {
		size_t part = n - at < DB_LIST_MAX ? n - at : DB_LIST_MAX;

		e = db_exec_list(s->db, note_unrecorded, DB_ARGS(db_text(code)),
				 list + at, part);
		if (!e)
			e = db_exec_list(s->db, sql, DB_ARGS(db_int(alone)),
					 list + at, part);
	}
	return e;
}

static enum err hold_killers(struct store *s, const struct db_value *list,
			     size_t n)
{
	return db_exec_list(s->db,
			    "UPDATE vh_deliveries SET state = 'held', "
			    "lane = hook_id + " STORE_LANE_HELD_SQL ", "
			    "due_at = UTC_TIMESTAMP(3), "
			    "finished_at = UTC_TIMESTAMP(3), "
			    "reason = 'the sender crashed three times while "
			    "sending this delivery' WHERE state = 'pending' "
			    "AND crashes >= ? AND id IN ({?})",
			    DB_ARGS(db_int(CRASHES_TO_HOLD)), list, n);
}

/* A delivery that was in flight and is held now was not held before. */
static enum err list_held(struct taking *t, uint64_t lane,
			  const struct db_value *list, size_t n)
{
	struct store_lane_held *h = &t->out->held[t->out->held_count];
	struct db_stmt *q;
	enum err e;

	*h = (struct store_lane_held){.lane = lane};
	h->keys = arena_alloc(t->arena, n * sizeof(*h->keys));
	e = db_query_list(t->s->db,
			  "SELECT d.id, n.action FROM vh_deliveries d "
			  "JOIN vh_notifications n ON n.id = d.notification_id "
			  "WHERE d.state = 'held' AND d.id IN ({?})",
			  DB_NONE, list, n, &q);
	while (!e && db_next(q)) {
		h->count++;
		if (!action_operational(db_col_text(q, 1)))
			h->keys[h->key_count++] = db_col_uint(q, 0);
	}
	t->out->held_count += h->count > 0;
	return e;
}

static enum err recover_rows(struct taking *t, struct store_lane *lane,
			     const struct db_value *list, size_t n,
			     bool crashed)
{
	bool alone;
	enum err e;

	if (store_lane_kind(lane->lane) == STORE_LANE_PING)
		return update_suspects(t->s, fail_pings, list, n,
				       crashed && n == 1);
	e = was_alone(t->s, list, n, &alone);
	alone = alone && crashed;
	if (!e)
		e = update_suspects(t->s, mark_suspects, list, n, alone);
	lane->crashes += crashed;
	if (!e && alone)
		e = hold_killers(t->s, list, n);
	return !e && alone && db_affected(t->s->db)
		       ? list_held(t, lane->lane, list, n)
		       : e;
}

static enum err recover(struct taking *t, struct store_lane *lane,
			const char *owner, const unsigned char *in_flight,
			size_t bytes)
{
	size_t n = bytes / STORE_LANE_KEY_BYTES;
	struct db_value *list = xmalloc((n + 1) * sizeof(*list));
	enum err e;

	for (size_t i = 0; i < n; i++)
		list[i] =
			db_uint(load_key(in_flight + i * STORE_LANE_KEY_BYTES));
	e = n ? recover_rows(t, lane, list, n, has_crashed(owner)) : ERR_OK;
	free(list);
	return e;
}

static void read_lane(struct db_stmt *q, struct store_lane *lane)
{
	*lane = (struct store_lane){
		.lane = db_col_uint(q, 0),
		.turn = db_col_uint(q, 3),
		.crashes = (unsigned)db_col_uint(q, 4),
		.failures = (unsigned)db_col_uint(q, 5),
		.suspended_until = db_col_time(q, 6),
		.put_off = db_col_int(q, 7) != 0,
		.resumed_at = db_col_time(q, 8),
		.failing = {.since = db_col_time(q, 9),
			    .last = db_col_time(q, 10),
			    .attempts = (unsigned)db_col_uint(q, 11)},
		.rate_tokens = db_col_double(q, 12),
		.rate_at = db_col_time(q, 13),
		.doubt_before = db_col_time(q, 14),
		.written_at = db_col_time(q, 15),
	};
}

enum err store_lane_take(struct store *s, struct arena *arena,
			 const uint64_t *numbers, size_t n,
			 struct store_lane_taken *out)
{
	struct taking t = {.s = s, .arena = arena, .out = out};
	struct db_value list[STORE_LANE_MAX];
	struct db_stmt *q;
	enum err e;

	*out = (struct store_lane_taken){0};
	if (!n)
		return ERR_OK;
	out->lanes = arena_alloc(arena, n * sizeof(*out->lanes));
	out->held = arena_alloc(arena, n * sizeof(*out->held));
	db_uints(list, numbers, n);
	e = db_query_list(s->db,
			  "SELECT hook_id, owner, in_flight, turn, crashes, "
			  "failures, suspended_until, put_off, resumed_at, "
			  "failing_since, failed_at, failed_attempts, "
			  "rate_tokens, rate_at, doubt_before, written_at "
			  "FROM vh_lanes WHERE "
			  "next_at <= UTC_TIMESTAMP(3) AND "
			  "hook_id IN ({?}) FOR UPDATE",
			  DB_NONE, list, n, &q);
	while (!e && db_next(q)) {
		size_t in_flight;
		const char *keys = db_col_bytes(q, 2, &in_flight);

		read_lane(q, &out->lanes[out->count]);
		if (!db_col_null(q, 1) && in_flight)
			e = recover(&t, &out->lanes[out->count],
				    db_col_text(q, 1),
				    (const unsigned char *)keys, in_flight);
		out->count++;
	}
	return e;
}
