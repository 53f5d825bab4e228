/* SPDX-License-Identifier: MIT */
/*
 * store_replay: finds deliveries page by page and makes them due in steps.
 */
#include "store/store_replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "rules/action.h"
#include "store/store.h"
#include "store/store_hook.h"
#include "store/store_lane.h"
#include "store/store_redeliver.h"
#include "store/store_redeliver_row.h"
#include "store/store_redeliver_step.h"
#include "store/store_seek.h"

enum {
	PAGE = 5000,	   /* rows of one statement */
	ROWS_MAX = 200000, /* including possible members of batches */
	STATES_SIZE = 100
};

/* ---- pages ---- */

/* Values: the states, since, until, STORE_REDELIVER_ATTEMPTS_MAX. */
#define WANTED                                                                 \
	"d.erased = 0 AND FIND_IN_SET(d.state, ?) > 0 AND "                    \
	"d.created_at >= ? AND "                                               \
	"d.created_at < ? AND d.attempts < ? AND "                             \
	"NOT EXISTS (SELECT 1 FROM vh_notifications n FORCE INDEX (PRIMARY) "  \
	"WHERE "                                                               \
	"n.id = d.notification_id AND (n.action = '" ACTION_PING "' OR "       \
	"(d.batch IS NULL AND n.expires_at <= UTC_TIMESTAMP(3))))"

struct search {
	struct store *s;
	const struct store_replay *r;
	char states[STATES_SIZE]; /* as the rows have them */
	struct store_redeliver_rows rows;
	uint64_t lane; /* 0: all deliveries of the hook */
	uint64_t key, last;
	int64_t due;
	bool more;
};

static enum err query_page(const struct search *f, struct db_stmt **q)
{
	static const char of_hook[] =
		"SELECT d.id, d.batch, " WANTED ", d.created_at "
		"FROM vh_deliveries d FORCE INDEX (hook) WHERE d.hook_id = ? "
		"AND "
		"d.id > ? AND d.id <= ? ORDER BY d.id LIMIT ?";
	static const char of_lane[] =
		"SELECT d.id, d.batch, " WANTED ", d.due_at "
		"FROM vh_deliveries d FORCE INDEX (lane) WHERE d.lane = ? AND "
		"d.due_at >= ? AND (d.due_at > ? OR d.id > ?) "
		"ORDER BY d.due_at, d.id LIMIT ?";
	struct db_value states = db_text(f->states);
	struct db_value since = db_time(f->r->since);
	struct db_value until = db_time(f->r->until);
	struct db_value attempts = db_int(STORE_REDELIVER_ATTEMPTS_MAX);

	if (f->lane)
		return db_query(f->s->db, of_lane,
				DB_ARGS(states, since, until, attempts,
					db_uint(f->lane), db_time(f->due),
					db_time(f->due), db_uint(f->key),
					db_int(PAGE)),
				q);
	return db_query(f->s->db, of_hook,
			DB_ARGS(states, since, until, attempts,
				db_uint(f->r->hook->key), db_uint(f->key),
				db_uint(f->last), db_int(PAGE)),
			q);
}

static enum err read_hits(struct search *f)
{
	struct db_stmt *q;
	enum err e = query_page(f, &q);

	if (e)
		return e;
	f->more = db_rows(q) == PAGE;
	while (db_next(q)) {
		f->key = db_col_uint(q, 0);
		f->due = db_col_time(q, 3);
		store_redeliver_row_add(&f->rows, f->key, db_col_uint(q, 1),
					db_col_int(q, 2) != 0);
	}
	return ERR_OK;
}

static enum err walk(struct search *f, int64_t end)
{
	enum err e = ERR_OK;

	f->more = true;
	while (!e && f->more) {
		e = read_hits(f);
		if (!e && (f->rows.wanted > STORE_REPLAY_MAX ||
			   f->rows.count > ROWS_MAX ||
			   (f->more && clock_monotonic() > end)))
			e = ERR_LIMIT;
	}
	return e;
}

/* ---- the range of keys ---- */

static const char after_key[] =
	"SELECT id, created_at FROM vh_deliveries FORCE INDEX (hook) WHERE "
	"hook_id = ? AND id > ? ORDER BY id LIMIT 1";

/* The deliveries of the hook that were created in the range of time. */
static enum err walk_hook(struct search *f, int64_t end)
{
	struct db_value hook = db_uint(f->r->hook->key);
	uint64_t first;
	enum err e = store_seek(f->s, after_key, hook,
				f->r->since - STORE_SEEK_SLACK, &f->key);

	first = f->key;
	if (!e)
		e = store_seek(f->s, after_key, hook,
			       f->r->until + STORE_SEEK_SLACK, &f->last);
	if (!e)
		e = walk(f, end);
	if (!e && f->rows.batched)
		e = store_redeliver_row_members(f->s, f->r->hook->key, first,
						f->last, &f->rows);
	return e;
}

/* No row finished before it was created. */
static enum err walk_lane(struct search *f, enum store_lane_kind kind,
			  int64_t end)
{
	f->lane = store_lane_number(kind, f->r->hook->key);
	f->due = f->r->since;
	f->key = 0;
	return walk(f, end);
}

/* Deliveries that wait are to be due now. */
static bool takes_waiting(const struct store_replay *r)
{
	return strstr(r->states, r->hook->enabled ? "pending" : "held");
}

/* Ahead of its lane a row has a due time of long ago. */
static enum err walk_queue(struct search *f, int64_t end)
{
	f->lane = store_lane_number(STORE_LANE_QUEUE, f->r->hook->key);
	f->due = 0;
	f->key = 0;
	return walk(f, end);
}

/* Failed and held rows have lanes of their own, however many are delivered. */
enum err store_replay_find(struct store *s, struct store_replay *r,
			   int64_t budget)
{
	int64_t end = clock_monotonic() + budget;
	struct search f = {.s = s, .r = r};
	bool by_lane = !strstr(r->states, "delivered") &&
		       !strstr(r->states, "cancelled");
	enum err e = ERR_OK;

	snprintf(f.states, sizeof(f.states), "%s%s", r->states,
		 takes_waiting(r) ? ",pending" : "");
	if (!by_lane)
		e = walk_hook(&f, end);
	if (by_lane && takes_waiting(r))
		e = walk_queue(&f, end);
	if (!e && by_lane && strstr(r->states, "failed"))
		e = walk_lane(&f, STORE_LANE_FAILED, end);
	if (!e && by_lane && strstr(r->states, "held"))
		e = walk_lane(&f, STORE_LANE_HELD, end);
	if (!e)
		store_redeliver_row_settle(&f.rows);
	r->row = f.rows.row;
	r->count = e ? 0 : f.rows.count;
	return e;
}

/* ---- steps ---- */

/* Rows for one step: a batch is never cut in two. */
static size_t step_size(const struct store_replay *r, size_t at)
{
	size_t n = r->count - at;

	if (n <= STORE_REDELIVER_STEP)
		return n;
	n = STORE_REDELIVER_STEP;
	while (n > 1 && r->row[at + n].group == r->row[at + n - 1].group)
		n--;
	return n;
}

static enum err time_of(struct store *s, uint64_t key, int64_t *time)
{
	struct db_stmt *q;
	enum err e = db_query(
		s->db, "SELECT created_at FROM vh_deliveries WHERE id = ?",
		DB_ARGS(db_uint(key)), &q);

	while (!e && db_next(q))
		*time = db_col_time(q, 0);
	return e;
}

enum err store_replay_run(struct store *s, const struct store_replay *r,
			  int64_t budget, uint64_t *done, int64_t *rest)
{
	int64_t end = clock_monotonic() + budget;
	struct store_redeliver_step t = {
		.s = s,
		.hook = r->hook->key,
		.lane = store_lane_number(STORE_LANE_QUEUE, r->hook->key),
		.batches = r->hook->batch_size > 1,
		.any = takes_waiting(r),
		.ordered = r->hook->ordered,
		.revive = takes_waiting(r),
	};
	enum err e = ERR_OK;
	size_t at = 0;

	*done = 0;
	*rest = TIME_NONE;
	while (!e && at < r->count) {
		t.row = r->row + at;
		t.count = step_size(r, at);
		e = clock_monotonic() > end
			    ? ERR_TEMP
			    : store_redeliver_step_run(&t, DB_ONCE);
		if (e)
			break;
		*done += t.done;
		at += t.count;
	}
	if (e == ERR_TEMP && *done)
		(void)time_of(s, r->row[at].key, rest);
	return e;
}

void store_replay_release(struct store_replay *r)
{
	free(r->row);
	r->row = NULL;
}
