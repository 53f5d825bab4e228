/* SPDX-License-Identifier: MIT */
/*
 * store_redeliver_step: one transaction that makes deliveries pending.
 */
#include "store/store_redeliver_step.h"

#include "base/text.h"
#include "store/store.h"
#include "store/store_hook.h"
#include "store/store_lane.h"
#include "store/store_redeliver_row.h"

/*
 * Assignments run from left to right, so the state, which the other ones look
 * at, comes last. An earlier place in the queue is not exchanged for a later
 * one. Deliveries that a hook of batches was never sent go as a batch of their
 * own: new batches consist of deliveries that were created one after the other,
 * which lets their members be found again.
 */
static const char make_due[] =
	"UPDATE vh_deliveries FORCE INDEX (PRIMARY) SET "
	"due_at = IF(? = 0 AND state = 'pending' AND "
	"due_at < COALESCE(?, UTC_TIMESTAMP(3)), due_at, "
	"IF(?, CAST(" STORE_LANE_URGENT_SQL " AS DATETIME(3)), "
	"COALESCE(?, UTC_TIMESTAMP(3))) + INTERVAL ? MICROSECOND), lane = ?, "
	"batch = IF(? AND batch IS NULL AND attempts = 0 AND "
	"maybe_duplicate = 0, id, batch), tries = 0, crashes = 0, "
	"reason = NULL, finished_at = NULL, state = 'pending' "
	"WHERE erased = 0 AND (? OR state <> 'pending') AND id IN ({?})";

static enum err update_rows(struct store_redeliver_step *t, size_t from,
			    size_t to, int64_t later)
{
	struct db_value list[STORE_REDELIVER_STEP];
	size_t n = 0;
	enum err e;

	for (size_t i = from; i < to; i++)
		list[n++] = db_uint(t->row[i].key);
	e = db_exec_list(t->s->db, make_due,
			 DB_ARGS(db_int(t->urgent), db_time(t->time),
				 db_int(t->urgent), db_time(t->time),
				 db_int(later * 1000), db_uint(t->lane),
				 db_int(t->batches), db_int(t->any)),
			 list, n);
	t->done += db_affected(t->s->db);
	return e;
}

static size_t end_of_group(const struct store_redeliver_step *t, size_t i)
{
	size_t end = i + 1;

	while (end < t->count && t->row[end].group == t->row[i].group)
		end++;
	return end;
}

/* The members of a batch stand together in the lane, because each batch has
 * a moment of its own; all other rows share one statement. */
static enum err update_all(struct store_redeliver_step *t)
{
	size_t from = 0, i = 0;
	int64_t batches = 0;
	enum err e = ERR_OK;

	while (!e && i < t->count) {
		size_t end = end_of_group(t, i);

		if (t->row[i].batched) {
			if (from < i)
				e = update_rows(t, from, i, 0);
			if (!e)
				e = update_rows(t, i, end, ++batches);
			from = end;
		}
		i = end;
	}
	return e || from == i ? e : update_rows(t, from, i, 0);
}

static enum err step_body(struct db *db, void *arg)
{
	struct store_redeliver_step *t = arg;
	enum err e = store_lane_lock(t->s, &t->lane, 1);

	(void)db;
	t->done = 0;
	t->time = TIME_NONE;
	if (!e && t->ordered)
		e = store_lane_times(t->s, &t->lane, 1, &t->time);
	if (!e)
		e = store_hook_lock(t->s, t->hook);
	if (!e)
		e = update_all(t);
	if (!e && t->revive)
		e = store_lane_revive(t->s, t->lane);
	if (!e && t->urgent)
		e = store_lane_urge(t->s, t->lane);
	return e ? e : store_lane_wake(t->s, &t->lane, 1);
}

enum err store_redeliver_step_run(struct store_redeliver_step *t,
				  enum db_doubt doubt)
{
	return db_tx(t->s->db, doubt, step_body, t);
}
