/* SPDX-License-Identifier: MIT */
/*
 * store_redeliver: one delivery, with the other members of its batch.
 */
#include "store/store_redeliver.h"

#include <stdbool.h>
#include <stdlib.h>

#include "rules/action.h"
#include "store/store.h"
#include "store/store_col.h"
#include "store/store_lane.h"
#include "store/store_redeliver_row.h"
#include "store/store_redeliver_step.h"

struct one {
	uint64_t key, hook, batch;
	unsigned attempts;
	bool deleted, enabled, ordered, pending, ping, batches, expired, erased;
	int64_t created_at;
};

static enum err read_one(struct store *s, const struct id *organization,
			 uint64_t key, struct one *d)
{
	struct db_stmt *q;
	enum err e = db_query(
		s->db,
		"SELECT d.id, d.hook_id, d.batch, d.attempts, d.created_at, "
		"h.deleted_at IS NOT NULL, h.batch_size > 1, n.action = ?, "
		"h.enabled, h.ordered, d.state = 'pending', "
		"d.batch IS NULL AND n.expires_at <= UTC_TIMESTAMP(3), "
		"d.erased FROM vh_deliveries d JOIN vh_hooks h FORCE INDEX "
		"(PRIMARY) ON "
		"h.id "
		"= d.hook_id "
		"JOIN vh_notifications n FORCE INDEX (PRIMARY) ON n.id = "
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
			.enabled = db_col_int(q, 8) != 0,
			.ordered = db_col_int(q, 9) != 0,
			.pending = db_col_int(q, 10) != 0,
			.expired = db_col_int(q, 11) != 0,
			.erased = db_col_int(q, 12) != 0,
		};
		e = ERR_OK;
	}
	return e;
}

/* In an ordered lane nothing overtakes the first delivery, or its batch. */
static enum err check_order(struct store *s, const struct one *d,
			    struct store_redeliver_refusal *refusal)
{
	struct db_stmt *q;
	uint64_t key, batch;
	enum err e = db_query(s->db,
			      "SELECT id, COALESCE(batch, 0), created_at FROM "
			      "vh_deliveries FORCE INDEX (lane) WHERE lane = ? "
			      "ORDER BY due_at, id LIMIT 1",
			      DB_ARGS(db_uint(d->hook)), &q);

	while (!e && db_next(q)) {
		key = db_col_uint(q, 0);
		batch = db_col_uint(q, 1);
		if (key == d->key || (batch && batch == d->batch))
			continue;
		refusal->why = STORE_REDELIVER_ORDER;
		store_id(s, &refusal->first, ID_DELIVERY, db_col_time(q, 2),
			 key);
		e = ERR_CONFLICT;
	}
	return e;
}

static enum err check_one(struct store *s, const struct one *d,
			  struct store_redeliver_refusal *refusal)
{
	if (d->erased)
		refusal->why = STORE_REDELIVER_ERASED;
	else if (d->deleted)
		refusal->why = STORE_REDELIVER_DELETED;
	else if (d->attempts >= STORE_REDELIVER_ATTEMPTS_MAX)
		refusal->why = STORE_REDELIVER_TOO_OFTEN;
	else if (d->expired)
		refusal->why = STORE_REDELIVER_EXPIRED;
	else if (!d->enabled && !d->ping)
		refusal->why = STORE_REDELIVER_DISABLED;
	else if (d->ordered && d->pending && !d->ping)
		return check_order(s, d, refusal);
	else
		return ERR_OK;
	return ERR_CONFLICT;
}

static enum err redeliver_one(struct store *s, const struct one *d)
{
	struct store_redeliver_rows rows = {0};
	struct store_redeliver_step t = {
		.s = s,
		.hook = d->hook,
		.lane = store_lane_number(
			d->ping ? STORE_LANE_PING : STORE_LANE_QUEUE, d->hook),
		.batches = d->batches,
		.any = true,
		.urgent = !d->ping && !d->ordered,
		.ordered = !d->ping && d->ordered,
		.revive = d->ordered && d->pending && !d->ping,
	};
	enum err e = ERR_OK;

	store_redeliver_row_add(&rows, d->key, d->batch, true);
	if (d->batch)
		e = store_redeliver_row_members(s, d->hook, d->batch, d->batch,
						&rows);
	if (!e) {
		store_redeliver_row_settle(&rows);
		t.row = rows.row;
		t.count = rows.count;
		e = store_redeliver_step_run(&t, DB_REPEAT);
	}
	free(rows.row);
	return !e && !t.done ? ERR_CONFLICT : e;
}

enum err store_redeliver(struct store *s, const struct id *organization,
			 const struct id *delivery,
			 struct store_redeliver_refusal *refusal)
{
	int64_t created_s;
	struct one d = {0};
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
	e = check_one(s, &d, refusal);
	if (e)
		return e;
	e = redeliver_one(s, &d);
	/* A moment ago: */
	refusal->why = e == ERR_NOT_FOUND ? STORE_REDELIVER_DELETED
					  : STORE_REDELIVER_ERASED;
	return e == ERR_NOT_FOUND ? ERR_CONFLICT : e;
}
