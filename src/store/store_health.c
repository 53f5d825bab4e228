/* SPDX-License-Identifier: MIT */
/*
 * store_health: the hooks with their lanes, and ranges of the index `lane` of
 * deliveries.
 */
#include "store/store_health.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/store.h"
#include "store/store_col.h"
#include "store/store_lane.h"
#include "store/store_outbox.h"

#define TEXT(number) #number
#define NUMBER(name) TEXT(name)

static void read_health(const struct store *s, struct db_stmt *q,
			struct store_health *h)
{
	*h = (struct store_health){
		.key = db_col_uint(q, 0),
		.enabled = db_col_int(q, 2) != 0,
		.updated_at = db_col_time(q, 3),
		.failing_since = db_col_time(q, 4),
		.suspended_until = db_col_time(q, 5),
		.in_flight = db_col_uint(q, 6),
		.ordered = db_col_int(q, 7) != 0,
		.put_off = db_col_int(q, 8) != 0,
		.oldest_due_at = TIME_NONE,
	};
	store_id(s, &h->id, ID_HOOK, db_col_time(q, 1), h->key);
}

static enum err read_health_rows(struct store *s, struct arena *arena,
				 const struct id *organization,
				 struct store_health **list, size_t *n)
{
	struct db_stmt *q;
	enum err e;

	e = db_query(s->db,
		     "SELECT h.id, h.created_at, h.enabled, h.updated_at, "
		     "l.failing_since, l.suspended_until, "
		     "IF(l.owner IS NULL, 0, LENGTH(l.in_flight) DIV 8), "
		     "h.ordered, l.put_off "
		     "FROM vh_hooks h LEFT JOIN vh_lanes l ON l.hook_id = h.id "
		     "WHERE h.organization = ? AND h.deleted_at IS NULL "
		     "ORDER BY h.id",
		     DB_ARGS(store_col_of(organization)), &q);
	if (e)
		return e;
	*n = 0;
	*list = arena_alloc(arena, (db_rows(q) + 1) * sizeof(**list));
	while (db_next(q))
		read_health(s, q, &(*list)[(*n)++]);
	return ERR_OK;
}

struct standing store_health_standing(const struct store *s,
				      const struct store_health *h)
{
	const struct standing_facts facts = {
		.enabled = h->enabled,
		.ordered = h->ordered,
		.now = s->now,
		.updated_at = h->updated_at,
		.failing_since = h->failing_since,
		.suspended_until = h->suspended_until,
		.put_off = h->put_off,
	};

	return standing_of(&facts);
}

/* ---- due and waiting ---- */

static int compare_health(const void *a, const void *b)
{
	const struct store_health *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

static void read_count(const struct store *s, struct db_stmt *q,
		       struct store_health *h)
{
	uint64_t pending = db_col_uint(q, 1), due = db_col_uint(q, 2);
	int64_t oldest = db_col_time(q, 3);

	if (!h->enabled) {
		h->held = pending;
		return;
	}
	h->due = due;
	h->waiting = pending - due;
	if (oldest <= s->now) /* TIME_NONE: none, or only urgent ones */
		h->oldest_due_at = oldest;
}

static enum err count_pending(struct store *s, struct store_health *list,
			      size_t n)
{
	struct db_value lanes[DB_LIST_MAX];
	struct db_stmt *q;
	enum err e;

	for (size_t i = 0; i < n; i++)
		lanes[i] = db_uint(list[i].key); /* kind 0: the queue */
	e = db_query_list(s->db,
			  "SELECT lane, COUNT(*), "
			  "CAST(SUM(due_at <= ?) AS SIGNED), "
			  "MIN(IF(due_at < " STORE_LANE_URGENT_END_SQL
			  ", NULL, due_at)) "
			  "FROM vh_deliveries FORCE INDEX (lane) "
			  "WHERE lane IN ({?}) GROUP BY lane",
			  DB_ARGS(db_time(s->now)), lanes, n, &q);
	while (!e && db_next(q)) {
		struct store_health key = {.key = db_col_uint(q, 0)}, *h;

		h = bsearch(&key, list, n, sizeof(*list), compare_health);
		if (h)
			read_count(s, q, h);
	}
	return e;
}

/* As many of a list as one statement takes. */
static size_t list_part(size_t n, size_t at)
{
	return n - at < DB_LIST_MAX ? n - at : DB_LIST_MAX;
}

enum err store_health_hooks(struct store *s, struct arena *arena,
			    const struct id *organization,
			    struct store_health **list, size_t *n)
{
	int64_t now;
	enum err e = store_now(s, &now);

	if (!e)
		e = read_health_rows(s, arena, organization, list, n);
	for (size_t at = 0; !e && at < *n; at += DB_LIST_MAX)
		e = count_pending(s, *list + at, list_part(*n, at));
	return e;
}

/* ---- failed and held ---- */

static enum err count_kind(struct store *s, const struct store_health *list,
			   size_t n, enum store_lane_kind kind, uint64_t *count)
{
	struct db_value lanes[DB_LIST_MAX];
	struct db_stmt *q;
	enum err e;

	for (size_t i = 0; i < n; i++)
		lanes[i] = db_uint(store_lane_number(kind, list[i].key));
	e = db_query_list(s->db,
			  "SELECT COUNT(*) FROM (SELECT 1 FROM vh_deliveries "
			  "FORCE INDEX (lane) WHERE lane IN ({?}) "
			  "LIMIT " NUMBER(STORE_HEALTH_MAX) ") kept",
			  DB_NONE, lanes, n, &q);
	while (!e && db_next(q))
		*count += db_col_uint(q, 0);
	return e;
}

enum err store_health_kept(struct store *s, const struct store_health *list,
			   size_t n, uint64_t *failed, uint64_t *held)
{
	enum err e = ERR_OK;

	*failed = *held = 0;
	for (size_t at = 0; !e && at < n; at += DB_LIST_MAX) {
		e = count_kind(s, list + at, list_part(n, at),
			       STORE_LANE_FAILED, failed);
		if (!e)
			e = count_kind(s, list + at, list_part(n, at),
				       STORE_LANE_HELD, held);
	}
	return e;
}

enum err store_health_queued(struct store *s, const struct id *organization,
			     uint64_t *count, int64_t *oldest_at)
{
	uint64_t waiting = 0;
	int64_t since = TIME_NONE;
	struct db_stmt *q;
	enum err e = store_outbox_waiting(s, organization, &waiting, &since);

	if (!e)
		e = db_query(s->db,
			     "SELECT w.number, " STORE_PUBLISHED_SQL
			     " FROM (SELECT "
			     "COUNT(*) AS number, MIN(id) AS oldest "
			     "FROM vh_notifications FORCE INDEX (state) WHERE "
			     "state = 'queued' AND organization = ?) w "
			     "LEFT JOIN vh_notifications n ON n.id = w.oldest",
			     DB_ARGS(store_col_of(organization)), &q);

	if (e)
		return e;
	while (db_next(q)) {
		*count = db_col_uint(q, 0) + waiting;
		*oldest_at = db_col_time(q, 1);
	}
	if (*oldest_at == TIME_NONE ||
	    (since != TIME_NONE && since < *oldest_at))
		*oldest_at = since;
	return ERR_OK;
}

enum err store_health_scheduled(struct store *s, const struct id *organization,
				uint64_t *count)
{
	struct db_stmt *q;
	enum err e = db_query(s->db,
			      "SELECT COUNT(*) FROM vh_scheduled "
			      "FORCE INDEX (turn) WHERE organization = ?",
			      DB_ARGS(store_col_of(organization)), &q);

	while (!e && db_next(q))
		*count = db_col_uint(q, 0);
	return e;
}
