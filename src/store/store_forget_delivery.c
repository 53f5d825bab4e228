/* SPDX-License-Identifier: MIT */
/*
 * store_forget_delivery: deliveries and attempts, a step at a time.
 */
#include "store/store_forget_delivery.h"

#include "rules/action.h"
#include "store/store.h"
#include "store/store_col.h"
#include "store/store_forget.h"
#include "store/store_lane.h"
#include "store/store_stored.h"

enum {
	STEP = 100, /* deliveries of one transaction */
	/* Rows of its hook that are looked at on each side of a batch's first
	 * member for the others. */
	AROUND = 1000
};

#define STEP_SQL "100"

_Static_assert(STEP == 100, "STEP_SQL says so");

struct step {
	struct store *s;
	uint64_t key[STEP], lane[STEP];
	uint64_t ping[STEP]; /* notifications */
	size_t count, lanes, pings;
	/* Of the transaction. */
	struct id organization;
	uint64_t deliveries, answers;
	int64_t bytes;
};

/* ---- batches ---- */

static enum err find_members(struct store *s, const char *sql, uint64_t hook,
			     uint64_t batch, struct db_value *list, size_t *n)
{
	struct db_stmt *q;
	enum err e = db_query(s->db, sql,
			      DB_ARGS(db_uint(hook), db_uint(batch),
				      db_int(AROUND), db_uint(batch)),
			      &q);

	while (!e && db_next(q) && *n < DB_LIST_MAX)
		list[(*n)++] = db_uint(db_col_uint(q, 0));
	return e;
}

/* No index has batches. */
static enum err end_batch(struct store *s, uint64_t hook, uint64_t batch)
{
	static const char before[] =
		"SELECT m.id FROM (SELECT id, batch FROM vh_deliveries "
		"FORCE INDEX (hook) WHERE hook_id = ? AND id < ? "
		"ORDER BY id DESC LIMIT ?) m WHERE m.batch = ?";
	static const char after[] =
		"SELECT m.id FROM (SELECT id, batch FROM vh_deliveries "
		"FORCE INDEX (hook) WHERE hook_id = ? AND id >= ? "
		"ORDER BY id LIMIT ?) m WHERE m.batch = ?";
	struct db_value list[DB_LIST_MAX];
	size_t n = 0;
	enum err e = find_members(s, before, hook, batch, list, &n);

	if (!e)
		e = find_members(s, after, hook, batch, list, &n);
	if (e || !n)
		return e;
	return db_exec_list(s->db,
			    "UPDATE vh_deliveries FORCE INDEX (PRIMARY) "
			    "SET batch = NULL WHERE batch = ? AND id IN ({?})",
			    DB_ARGS(db_uint(batch)), list, n);
}

/* ---- the transaction ---- */

/* The rows as they are once their lanes are locked. */
struct held {
	uint64_t key[STEP], batch[STEP], hook[STEP];
	uint64_t blocked[STEP]; /* ordered lanes that wait for a row */
	size_t count, blocked_count;
};

static enum err hold_rows(const struct step *t, struct held *h)
{
	struct db_value list[STEP];
	struct db_stmt *q;
	enum err e;

	db_uints(list, t->key, t->count);
	e = db_query_list(t->s->db,
			  "SELECT d.id, d.hook_id, d.batch, "
			  "d.state = 'pending' AND d.tries > 0 AND "
			  "d.batch IS NULL AND COALESCE((SELECT h.ordered "
			  "FROM vh_hooks h WHERE h.id = d.hook_id), 0) "
			  "FROM vh_deliveries d FORCE INDEX (PRIMARY) WHERE "
			  "d.erased = 0 AND d.id IN ({?}) "
			  "ORDER BY d.id FOR UPDATE",
			  DB_NONE, list, t->count, &q);
	h->count = h->blocked_count = 0;
	while (!e && db_next(q)) {
		h->key[h->count] = db_col_uint(q, 0);
		h->hook[h->count] = db_col_uint(q, 1);
		h->batch[h->count] = db_col_uint(q, 2);
		if (db_col_int(q, 3))
			h->blocked[h->blocked_count++] = h->hook[h->count];
		h->count++;
	}
	return e;
}

static bool is_of_earlier(const struct held *h, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (h->batch[j] == h->batch[i])
			return true;
	return false;
}

/* Each once: to find its members is dear. */
static enum err end_batches(struct store *s, const struct held *h)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < h->count && !e; i++)
		if (h->batch[i] && !is_of_earlier(h, i))
			e = end_batch(s, h->hook[i], h->batch[i]);
	return e;
}

static enum err count_answers(struct step *t, const struct db_value *list,
			      size_t n)
{
	struct db_stmt *q;
	enum err e = db_query_list(
		t->s->db,
		"SELECT d.organization, "
		"COUNT(COALESCE(a.response_headers, a.response_body)), "
		"CAST(COALESCE(SUM("
		"COALESCE(LENGTH(a.response_headers), 0) + "
		"COALESCE(LENGTH(a.response_body), 0)), 0) AS SIGNED) "
		"FROM vh_deliveries d FORCE INDEX (PRIMARY) "
		"LEFT JOIN vh_attempts a FORCE INDEX (PRIMARY) "
		"ON a.delivery_id = d.id WHERE d.id IN ({?}) "
		"GROUP BY d.organization",
		DB_NONE, list, n, &q);

	while (!e && db_next(q)) {
		t->organization = store_col_id(q, 0);
		t->answers = db_col_uint(q, 1);
		t->bytes = db_col_int(q, 2);
	}
	return e;
}

static enum err scrub_attempts(struct store *s, const struct db_value *list,
			       size_t n)
{
	return db_exec_list(
		s->db,
		"UPDATE vh_attempts FORCE INDEX (PRIMARY) SET remote = NULL, "
		"response_headers = NULL, response_body = NULL, "
		"response_length = NULL, response_kept = 4 WHERE "
		"delivery_id IN ({?})",
		DB_NONE, list, n);
}

/* Assignments run from left to right, so the state comes last. */
static enum err mark_erased(struct store *s, const struct db_value *list,
			    size_t n)
{
#define UNMADE "state IN ('pending', 'held')"
	return db_exec_list(
		s->db,
		"UPDATE vh_deliveries FORCE INDEX (PRIMARY) SET erased = 1, "
		"lane = IF(" UNMADE ", NULL, lane), "
		"due_at = IF(" UNMADE ", NULL, due_at), "
		"finished_at = IF(" UNMADE ", UTC_TIMESTAMP(3), finished_at), "
		"reason = IF(" UNMADE ", 'its user was erased', reason), "
		"state = IF(" UNMADE ", 'cancelled', state) "
		"WHERE id IN ({?})",
		DB_NONE, list, n);
#undef UNMADE
}

/* Those of an earlier version do not name the hook's user. */
static enum err scrub_pings(const struct step *t)
{
	struct db_value list[STEP];

	db_uints(list, t->ping, t->pings);
	return !t->pings ? ERR_OK
			 : db_exec_list(t->s->db,
					"UPDATE vh_notifications "
					"FORCE INDEX (PRIMARY) SET erased = 1, "
					"resource = '' WHERE id IN ({?})",
					DB_NONE, list, t->pings);
}

static enum err forget_step_body(struct db *db, void *arg)
{
	struct step *t = arg;
	struct db_value list[STEP];
	struct held h;
	enum err e = store_lane_lock(t->s, t->lane, t->lanes);

	(void)db;
	t->deliveries = t->answers = 0;
	t->bytes = 0;
	if (!e)
		e = hold_rows(t, &h);
	if (e || !h.count)
		return e;
	db_uints(list, h.key, h.count);
	e = end_batches(t->s, &h);
	if (!e)
		e = count_answers(t, list, h.count);
	if (!e)
		e = scrub_attempts(t->s, list, h.count);
	if (!e)
		e = mark_erased(t->s, list, h.count);
	if (!e)
		e = scrub_pings(t);
	t->deliveries = h.count;
	return e ? e : store_lane_unblock(t->s, h.blocked, h.blocked_count);
}

static enum err step_run(struct step *t, struct store_forgotten *done)
{
	enum err e;

	if (!t->count)
		return ERR_OK;
	t->lanes = store_col_sort(t->lane, t->lanes);
	e = db_tx(t->s->db, DB_REPEAT, forget_step_body, t);
	if (e || !t->deliveries)
		return e;
	done->deliveries += t->deliveries;
	done->answers += t->answers;
	store_stored_add(t->s, &t->organization, 0, -t->bytes);
	return ERR_OK;
}

/* ---- which ones ---- */

/* The lane of a row that somebody may send, or whose batch somebody may: the
 * columns are the key, the hook, the lane and the batch. */
static void step_add(struct step *t, const struct db_stmt *q)
{
	uint64_t hook = db_col_uint(q, 1), lane = db_col_uint(q, 2);

	t->key[t->count++] = db_col_uint(q, 0);
	if (!db_col_null(q, 2) && store_lane_kind(lane) < STORE_LANE_FAILED)
		t->lane[t->lanes++] = lane;
	else if (!db_col_null(q, 3))
		t->lane[t->lanes++] = hook;
}

enum err store_forget_deliveries(struct store *s, const uint64_t *notifications,
				 size_t n, struct store_forgotten *done,
				 bool *more)
{
	struct db_value list[DB_LIST_MAX];
	struct step t = {.s = s};
	struct db_stmt *q;
	enum err e;

	db_uints(list, notifications, n);
	e = db_query_list(s->db,
			  "SELECT id, hook_id, lane, batch FROM vh_deliveries "
			  "FORCE INDEX (fanout) WHERE erased = 0 AND "
			  "notification_id IN ({?}) LIMIT " STEP_SQL,
			  DB_NONE, list, n, &q);
	while (!e && db_next(q))
		step_add(&t, q);
	*more = !e && t.count == STEP;
	return e ? e : step_run(&t, done);
}

enum err store_forget_of_hook(struct store *s, uint64_t hook, uint64_t *place,
			      struct store_forgotten *done, bool *more)
{
	struct step t = {.s = s};
	struct db_stmt *q;
	enum err e = db_query(
		s->db,
		"SELECT d.id, d.hook_id, d.lane, d.batch, d.notification_id, "
		"n.action = ? FROM vh_deliveries d FORCE INDEX (hook) "
		"LEFT JOIN vh_notifications n FORCE INDEX (PRIMARY) "
		"ON n.id = d.notification_id WHERE d.hook_id = ? AND "
		"d.id > ? AND d.erased = 0 ORDER BY d.id LIMIT ?",
		DB_ARGS(db_text(ACTION_PING), db_uint(hook), db_uint(*place),
			db_int(STEP)),
		&q);

	while (!e && db_next(q)) {
		step_add(&t, q);
		if (db_col_int(q, 5))
			t.ping[t.pings++] = db_col_uint(q, 4);
	}
	*more = !e && t.count == STEP;
	if (!e)
		e = step_run(&t, done);
	if (!e && t.count)
		*place = t.key[t.count - 1];
	return e;
}
