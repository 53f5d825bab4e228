/* SPDX-License-Identifier: MIT */
/*
 * store_redeliver: making finished deliveries pending.
 */
#include "store/store_redeliver.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "rules/action.h"
#include "store/store.h"
#include "store/store_col.h"
#include "store/store_hook.h"
#include "store/store_lane.h"
#include "store/store_redeliver_row.h"

enum { STEP = 500 }; /* rows of one transaction, and the rest of a batch */

struct step {
	struct store *s;
	uint64_t hook, lane;
	bool batches; /* the hook has a batch_size over 1 */
	bool any;     /* waiting deliveries, too */
	const struct store_redeliver_row *row;
	size_t count;
	uint64_t done;
};

/* ---- one step ---- */

/*
 * Assignments run from left to right, so the state, which the other ones look
 * at, comes last. An earlier place in the queue is not exchanged for a later
 * one. Deliveries that a hook of batches was never sent go as a batch of their
 * own: new batches consist of deliveries that were created one after the other,
 * which lets their members be found again.
 */
static const char make_due[] =
	"UPDATE deliveries FORCE INDEX (PRIMARY) SET "
	"due_at = IF(state = 'pending' AND due_at < UTC_TIMESTAMP(3), due_at, "
	"UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND), lane = ?, "
	"batch = IF(? AND batch IS NULL AND attempts = 0 AND "
	"maybe_duplicate = 0, id, batch), tries = 0, crashes = 0, "
	"reason = NULL, finished_at = NULL, state = 'pending' "
	"WHERE (? OR state <> 'pending') AND id IN ({?})";

static enum err update(struct step *t, size_t from, size_t to, int64_t later)
{
	struct db_value list[STEP];
	size_t n = 0;
	enum err e;

	for (size_t i = from; i < to; i++)
		list[n++] = db_uint(t->row[i].key);
	e = db_exec_list(t->s->db, make_due,
			 DB_ARGS(db_int(later * 1000), db_uint(t->lane),
				 db_int(t->batches), db_int(t->any)),
			 list, n);
	t->done += db_affected(t->s->db);
	return e;
}

static size_t end_of_group(const struct step *t, size_t i)
{
	size_t end = i + 1;

	while (end < t->count && t->row[end].group == t->row[i].group)
		end++;
	return end;
}

/* The members of a batch stand together in the lane, because each batch has
 * a moment of its own; all other rows share one statement. */
static enum err update_all(struct step *t)
{
	size_t from = 0, i = 0;
	int64_t batches = 0;
	enum err e = ERR_OK;

	while (!e && i < t->count) {
		size_t end = end_of_group(t, i);

		if (t->row[i].batched) {
			if (from < i)
				e = update(t, from, i, 0);
			if (!e)
				e = update(t, i, end, ++batches);
			from = end;
		}
		i = end;
	}
	return e || from == i ? e : update(t, from, i, 0);
}

static enum err step_body(struct db *db, void *arg)
{
	struct step *t = arg;
	enum err e = store_lane_lock(t->s, &t->lane, 1);

	(void)db;
	t->done = 0;
	if (!e)
		e = store_hook_lock(t->s, t->hook);
	if (!e)
		e = update_all(t);
	return e ? e : store_lane_wake(t->s, &t->lane, 1);
}

/* ---- one delivery ---- */

struct one {
	uint64_t key, hook, batch;
	unsigned attempts;
	bool deleted, ping, batches;
	int64_t created_at;
};

static enum err read_one(struct store *s, const struct id *organization,
			 uint64_t key, struct one *d)
{
	struct db_stmt *q;
	enum err e = db_query(
		s->db,
		"SELECT d.id, d.hook_id, d.batch, d.attempts, d.created_at, "
		"h.deleted_at IS NOT NULL, h.batch_size > 1, n.action = ? "
		"FROM deliveries d JOIN hooks h FORCE INDEX (PRIMARY) ON h.id "
		"= d.hook_id "
		"JOIN notifications n FORCE INDEX (PRIMARY) ON n.id = "
		"d.notification_id "
		"WHERE d.id = ? AND d.organization = ?",
		DB_ARGS(db_text(ACTION_PING), db_uint(key),
			store_col_of(organization)),
		&q);

	if (e)
		return e;
	e = ERR_NOT_FOUND;
	while (db_next(q)) {
		*d = (struct one){
			.key = db_col_uint(q, 0),
			.hook = db_col_uint(q, 1),
			.batch = db_col_uint(q, 2),
			.attempts = (unsigned)db_col_uint(q, 3),
			.created_at = db_col_time(q, 4),
			.deleted = db_col_int(q, 5) != 0,
			.batches = db_col_int(q, 6) != 0,
			.ping = db_col_int(q, 7) != 0,
		};
		e = ERR_OK;
	}
	return e;
}

static enum err redeliver_one(struct store *s, const struct one *d)
{
	struct store_redeliver_rows rows = {0};
	struct step t = {
		.s = s,
		.hook = d->hook,
		.lane = store_lane_number(
			d->ping ? STORE_LANE_PING : STORE_LANE_QUEUE, d->hook),
		.batches = d->batches,
		.any = true,
	};
	enum err e = ERR_OK;

	store_redeliver_add(&rows, d->key, d->batch, true);
	if (d->batch)
		e = store_redeliver_members(s, d->hook, d->batch, d->batch,
					    &rows);
	if (!e) {
		store_redeliver_settle(&rows);
		t.row = rows.row;
		t.count = rows.count;
		e = db_tx(s->db, DB_REPEAT, step_body, &t);
	}
	free(rows.row);
	return e == ERR_NOT_FOUND ? ERR_CONFLICT : e;
}

enum err store_redeliver(struct store *s, const struct id *organization,
			 const struct id *delivery)
{
	int64_t created_s;
	struct one d;
	uint64_t key;
	enum err e = db_connect(s->db);

	if (e)
		return e;
	if (!store_key(s, delivery, ID_DELIVERY, &key, &created_s))
		return ERR_NOT_FOUND;
	e = read_one(s, organization, key, &d);
	if (e)
		return e;
	if (d.created_at / 1000 != created_s)
		return ERR_NOT_FOUND;
	if (d.deleted)
		return ERR_CONFLICT;
	if (d.attempts >= STORE_REDELIVER_ATTEMPTS_MAX)
		return ERR_LIMIT;
	return redeliver_one(s, &d);
}

/* ---- many ---- */

/* Rows for one step: a batch is never cut in two. */
static size_t step_size(const struct store_replay *r, size_t at)
{
	size_t n = r->count - at;

	if (n <= STEP)
		return n;
	n = STEP;
	while (n > 1 && r->row[at + n].group == r->row[at + n - 1].group)
		n--;
	return n;
}

static enum err time_of(struct store *s, uint64_t key, int64_t *time)
{
	struct db_stmt *q;
	enum err e = db_query(s->db,
			      "SELECT created_at FROM deliveries WHERE id = ?",
			      DB_ARGS(db_uint(key)), &q);

	while (!e && db_next(q))
		*time = db_col_time(q, 0);
	return e;
}

enum err store_replay_run(struct store *s, const struct store_replay *r,
			  int64_t budget, uint64_t *done, int64_t *rest)
{
	int64_t end = clock_monotonic() + budget;
	struct step t = {
		.s = s,
		.hook = r->hook->key,
		.lane = store_lane_number(STORE_LANE_QUEUE, r->hook->key),
		.batches = r->hook->batch_size > 1,
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
			    : db_tx(s->db, DB_ONCE, step_body, &t);
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
