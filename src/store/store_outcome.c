/* SPDX-License-Identifier: MIT */
/*
 * store_outcome: many outcomes in few statements.
 */
#include "store/store_outcome.h"

#include <stdlib.h>

#include "base/mem.h"
#include "outside/attempt.h"
#include "store/store.h"
#include "store/store_col.h"
#include "store/store_lane.h"

/* ---- which rows are there ---- */

/* Deliveries in the order of their keys. */
struct listed {
	struct store_outcome *of[DB_LIST_MAX];
	struct db_value key[DB_LIST_MAX];
	size_t n;
};

static int compare_keys(const void *a, const void *b)
{
	const struct store_outcome *const *x = a, *const *y = b;

	return ((*x)->key > (*y)->key) - ((*x)->key < (*y)->key);
}

/* Lists the next outcomes, beginning with `*at`, that are delivered or that are
 * not. */
static bool list_some(struct listed *l, struct store_outcome *o, size_t n,
		      bool delivered, size_t *at)
{
	l->n = 0;
	for (; *at < n && l->n < DB_LIST_MAX; ++*at)
		if ((o[*at].result == STORE_DELIVERED) == delivered)
			l->of[l->n++] = &o[*at];
	qsort(l->of, l->n, sizeof(*l->of), compare_keys);
	for (size_t i = 0; i < l->n; i++)
		l->key[i] = db_uint(l->of[i]->key);
	return l->n > 0;
}

static bool is_same(const struct store_outcome *o, const struct db_stmt *q)
{
	return o->key == db_col_uint(q, 0) &&
	       store_lane_hook_key(o->lane) == db_col_uint(q, 1) &&
	       o->created_at == db_col_time(q, 2);
}

static enum err find_listed(struct store *s, struct listed *l)
{
	struct db_stmt *q;
	size_t at = 0;
	enum err e = db_query_list(
		s->db,
		"SELECT id, hook_id, created_at, erased FROM vh_deliveries "
		"FORCE INDEX (PRIMARY) WHERE id IN ({?}) "
		"ORDER BY id FOR UPDATE",
		DB_NONE, l->key, l->n, &q);

	for (size_t i = 0; i < l->n; i++)
		l->of[i]->gone = true;
	while (!e && db_next(q)) {
		while (at < l->n && l->of[at]->key < db_col_uint(q, 0))
			at++;
		if (at == l->n)
			break;
		l->of[at]->gone = !is_same(l->of[at], q);
		l->of[at]->erased = db_col_int(q, 3) != 0;
	}
	return e;
}

enum err store_outcome_find(struct store *s, struct store_outcome *o, size_t n)
{
	struct listed *l = xmalloc(sizeof(*l));
	size_t at = 0;
	enum err e = ERR_OK;

	while (!e && list_some(l, o, n, false, &at))
		e = find_listed(s, l);
	free(l);
	return e;
}

/* ---- recording ---- */

/* Guarded by the state, so that a delivery that arrived while its hook was
 * deleted counts as delivered, and by the ranges that hooks and times of the
 * list span. */
static enum err deliver_those(struct store *s, const struct listed *l,
			      bool erased)
{
	uint64_t hook, first = UINT64_MAX, last = 0;
	int64_t oldest = INT64_MAX, newest = INT64_MIN;

	for (size_t i = 0; i < l->n; i++) {
		hook = store_lane_hook_key(l->of[i]->lane);
		first = hook < first ? hook : first;
		last = hook > last ? hook : last;
		if (l->of[i]->created_at < oldest)
			oldest = l->of[i]->created_at;
		if (l->of[i]->created_at > newest)
			newest = l->of[i]->created_at;
	}
	return db_exec_list(
		s->db,
		"UPDATE vh_deliveries FORCE INDEX (PRIMARY) "
		"SET state = 'delivered', lane = NULL, due_at = NULL, "
		"attempts = attempts + 1, tries = tries + 1, "
		"finished_at = ?, reason = NULL WHERE erased = ? AND "
		"state IN ('pending', 'cancelled') AND "
		"hook_id BETWEEN ? AND ? AND "
		"created_at BETWEEN ? AND ? AND id IN ({?})",
		DB_ARGS(db_time(s->now), db_int(erased), db_uint(first),
			db_uint(last), db_time(oldest), db_time(newest)),
		l->key, l->n);
}

static bool has_erased(const struct listed *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->of[i]->erased)
			return true;
	return false;
}

static enum err deliver_listed(struct store *s, struct listed *l)
{
	enum err e = deliver_those(s, l, false);

	if (e || db_affected(s->db) == l->n)
		return e;
	e = find_listed(s, l);
	if (!e && has_erased(l))
		e = deliver_those(s, l, true);
	return e;
}

static enum err record_delivered(struct store *s, struct store_outcome *o,
				 size_t n)
{
	struct listed *l = xmalloc(sizeof(*l));
	size_t at = 0;
	enum err e = ERR_OK;

	while (!e && list_some(l, o, n, true, &at))
		e = deliver_listed(s, l);
	free(l);
	return e;
}

/*
 * An INSERT that never inserts: the rows were found, and are locked; this is
 * the one statement that changes many rows in different ways (18 times as fast
 * as one UPDATE each). Assignments run from left to right, so the state, which
 * guards the others, comes last.
 */
static const char upsert_deliveries[] =
	"INSERT INTO vh_deliveries (id, organization, notification_id, "
	"hook_id, "
	"created_at, lane, due_at, attempts, tries, maybe_duplicate, "
	"finished_at, reason, state) VALUES "
	"{(?, '', 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)} "
	"ON DUPLICATE KEY UPDATE "
	"lane = IF(state = 'pending', VALUES(lane), lane), "
	"due_at = IF(state = 'pending', COALESCE(VALUES(due_at), due_at), "
	"due_at), "
	"attempts = GREATEST(attempts, VALUES(attempts)), "
	"tries = GREATEST(tries, VALUES(tries)), "
	"maybe_duplicate = GREATEST(maybe_duplicate, "
	"VALUES(maybe_duplicate)), "
	"finished_at = IF(state = 'pending', VALUES(finished_at), "
	"finished_at), "
	"reason = IF(state = 'pending', COALESCE(VALUES(reason), reason), "
	"reason), "
	"state = IF(state = 'pending', VALUES(state), state)";

static enum err record_others(struct store *s, const struct store_outcome *o,
			      size_t n)
{
	enum { COLUMNS = 11 };
	struct db_value *v = xmalloc((n + 1) * COLUMNS * sizeof(*v));
	struct db_value *at = v;
	enum err e;

	for (size_t i = 0; i < n; i++) {
		bool failed = o[i].result == STORE_FAILED;
		uint64_t hook = store_lane_hook_key(o[i].lane);

		if (o[i].result == STORE_DELIVERED || o[i].gone)
			continue;
		*at++ = db_uint(o[i].key);
		*at++ = db_uint(hook);
		*at++ = db_time(s->now);
		*at++ = db_uint(
			failed ? store_lane_number(STORE_LANE_FAILED, hook)
			       : o[i].lane);
		*at++ = db_time(failed ? s->now : o[i].due_at);
		*at++ = db_uint(o[i].attempts);
		*at++ = db_uint(o[i].tries);
		*at++ = db_int(o[i].maybe_duplicate);
		*at++ = failed ? db_time(s->now) : db_null();
		*at++ = db_text(o[i].reason);
		*at++ = db_text(failed ? "failed" : "pending");
	}
	e = db_exec_rows(s->db, upsert_deliveries, v,
			 (size_t)(at - v) / COLUMNS, COLUMNS);
	free(v);
	return e;
}

static struct db_value *values_of_attempt(struct db_value *at,
					  const struct store_outcome *o)
{
	const struct attempt *a = o->attempt;
	const char *code = attempt_error_code(a->error);
	enum attempt_kept kept = o->erased ? ATTEMPT_ERASED : a->kept;
	bool withheld = kept >= ATTEMPT_OWN;

	*at++ = db_uint(o->key);
	*at++ = db_uint(o->attempts);
	*at++ = db_time(o->started_at);
	*at++ = db_int(a->dns_us);
	*at++ = db_int(a->connect_us);
	*at++ = db_int(a->tls_us);
	*at++ = db_int(a->first_byte_us);
	*at++ = db_int(a->total_us);
	*at++ = *a->remote && !o->erased ? db_text(a->remote) : db_null();
	*at++ = *a->tls_version ? db_text(a->tls_version) : db_null();
	*at++ = a->status ? db_uint(a->status) : db_null();
	*at++ = *code ? db_text(code) : db_null();
	*at++ = withheld ? db_null()
			 : db_bytes(a->headers.data, a->headers.len);
	*at++ = withheld ? db_null() : db_bytes(a->body.data, a->body.len);
	*at++ = db_int(kept);
	*at++ = a->length < 0 || o->erased ? db_null() : db_int(a->length);
	return at;
}

static enum err record_attempts(struct store *s, const struct store_outcome *o,
				size_t n)
{
	enum { COLUMNS = 16 };
	struct db_value *v = xmalloc((n + 1) * COLUMNS * sizeof(*v));
	struct db_value *at = v;
	enum err e;

	for (size_t i = 0; i < n; i++)
		if (o[i].attempt && !o[i].gone)
			at = values_of_attempt(at, &o[i]);
	e = db_exec_rows(
		s->db,
		"INSERT INTO vh_attempts (delivery_id, attempt, started_at, "
		"dns_us, connect_us, tls_us, first_byte_us, total_us, remote, "
		"tls_version, status, error, response_headers, "
		"response_body, response_kept, response_length) "
		"VALUES {(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)} "
		"ON DUPLICATE KEY UPDATE delivery_id = delivery_id",
		v, (size_t)(at - v) / COLUMNS, COLUMNS);
	free(v);
	return e;
}

enum err store_outcome_record(struct store *s, struct store_outcome *outcomes,
			      size_t n)
{
	enum err e = record_delivered(s, outcomes, n);

	if (!e)
		e = record_others(s, outcomes, n);
	if (!e)
		e = record_attempts(s, outcomes, n);
	return e;
}

enum err store_outcome_pending(struct store *s, uint64_t *keys, size_t *n)
{
	struct db_value list[DB_LIST_MAX];
	struct db_stmt *q;
	enum err e;

	db_uints(list, keys, *n);
	e = db_query_list(s->db,
			  "SELECT id FROM vh_deliveries FORCE INDEX (PRIMARY) "
			  "WHERE state = 'pending' AND id IN ({?}) "
			  "ORDER BY id FOR UPDATE",
			  DB_NONE, list, *n, &q);
	if (!e)
		store_col_keys(q, keys, n);
	return e;
}
