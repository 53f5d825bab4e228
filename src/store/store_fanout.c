/* SPDX-License-Identifier: MIT */
/*
 * store_fanout: the statements of the fan-out.
 */
#include "store/store_fanout.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "rules/match.h"
#include "store/store.h"
#include "store/store_col.h"
#include "store/store_lane.h"
#include "store/store_match.h"

/* ---- queued rows ---- */

enum err store_fanout_newest(struct store *s, uint64_t *newest)
{
	struct db_stmt *q;
	enum err e = db_query(s->db, "SELECT MAX(id) FROM vh_notifications",
			      DB_NONE, &q);

	while (!e && db_next(q))
		*newest = db_col_uint(q, 0);
	return e;
}

enum err store_fanout_any(struct store *s, uint64_t newest, bool *any)
{
	struct db_stmt *q;
	enum err e =
		db_query(s->db,
			 "SELECT 1 FROM vh_notifications FORCE INDEX (state) "
			 "WHERE state = 'queued' AND id <= ? LIMIT 1",
			 DB_ARGS(db_uint(newest)), &q);

	if (!e)
		*any = db_rows(q) > 0;
	return e;
}

/* One probe of the index, however many rows each organization has. */
enum err store_fanout_org(struct store *s, const struct id *after,
			  struct id *out)
{
	static const char first[] =
		"SELECT organization FROM vh_notifications FORCE INDEX (state) "
		"WHERE state = 'queued' ORDER BY organization LIMIT 1";
	static const char next[] =
		"SELECT organization FROM vh_notifications FORCE INDEX (state) "
		"WHERE state = 'queued' AND organization > ? "
		"ORDER BY organization LIMIT 1";
	struct db_stmt *q;
	enum err e;

	if (after)
		e = db_query(s->db, next, DB_ARGS(store_col_of(after)), &q);
	else
		e = db_query(s->db, first, DB_NONE, &q);
	if (e)
		return e;
	if (!db_next(q))
		return ERR_NOT_FOUND;
	*out = store_col_id(q, 0);
	return ERR_OK;
}

enum err store_fanout_queued(struct store *s, const struct id *organization,
			     uint64_t newest, size_t max, uint64_t *keys,
			     size_t *n)
{
	struct db_stmt *q;
	enum err e =
		db_query(s->db,
			 "SELECT id FROM vh_notifications FORCE INDEX (state) "
			 "WHERE state = 'queued' AND organization = ? AND "
			 "id <= ? ORDER BY id LIMIT ?",
			 DB_ARGS(store_col_of(organization), db_uint(newest),
				 db_uint(max)),
			 &q);

	if (!e)
		store_col_keys(q, keys, n);
	return e;
}

enum err store_fanout_before(struct store *s, const struct id *organization,
			     uint64_t newest, size_t max, uint64_t *keys,
			     size_t *n)
{
	struct db_stmt *q;
	enum err e = db_query(
		s->db,
		"SELECT n.id FROM (SELECT id, COALESCE(accepted_at, "
		"created_at) AS moment FROM vh_notifications "
		"FORCE INDEX (state) WHERE state = 'queued' AND "
		"organization = ? AND id <= ? ORDER BY id LIMIT ?) n WHERE "
		"n.moment <= COALESCE((SELECT w.deliver_at FROM vh_scheduled w "
		"FORCE INDEX (turn) WHERE w.organization = ? AND "
		"w.deliver_at <= UTC_TIMESTAMP(3) "
		"ORDER BY w.deliver_at LIMIT 1), '9999-01-01') ORDER BY n.id",
		DB_ARGS(store_col_of(organization), db_uint(newest),
			db_uint(max), store_col_of(organization)),
		&q);

	if (!e)
		store_col_keys(q, keys, n);
	return e;
}

/* A time in the future was written while the clock was ahead: MATCH_ALWAYS. */
static void read_queued(struct db_stmt *q, struct arena *arena,
			struct store_matched *m)
{
	*m = (struct store_matched){
		.key = db_col_uint(q, 0),
		.organization = store_col_id(q, 1),
		.action = store_col_text(q, 2, arena),
		.user = store_col_text_null(q, 3, arena),
		.accepted_at =
			db_col_null(q, 4) ? MATCH_ALWAYS : db_col_int(q, 4),
	};
}

/* When a notification was accepted; of one that was scheduled, when it was due.
 */
#define COUNTS_FROM                                                            \
	"GREATEST(COALESCE(accepted_at, created_at), "                         \
	"COALESCE(deliver_at, accepted_at, created_at))"

enum err store_fanout_lock(struct store *s, struct arena *arena,
			   const char *state, const uint64_t *keys, size_t n,
			   struct store_matched *rows, size_t *count)
{
	struct db_value list[DB_LIST_MAX];
	struct db_stmt *q;
	size_t found = 0;
	enum err e;

	db_uints(list, keys, n);
	e = db_query_list(
		s->db,
		"SELECT id, organization, action, user, "
		"IF(" COUNTS_FROM " > UTC_TIMESTAMP(6), NULL, "
		"TIMESTAMPDIFF(MICROSECOND, '1970-01-01', " COUNTS_FROM ")) "
		"FROM vh_notifications FORCE INDEX (PRIMARY) "
		"WHERE state = ? AND id IN ({?}) "
		"ORDER BY id FOR UPDATE",
		DB_ARGS(db_text(state)), list, n, &q);
	while (!e && db_next(q))
		read_queued(q, arena, &rows[found++]);
	if (!e)
		*count = found;
	return e;
}

enum err store_fanout_reject(struct store *s, uint64_t key, const char *reason)
{
	return db_exec(s->db,
		       "UPDATE vh_notifications SET state = 'rejected', "
		       "reason = ? WHERE id = ? AND "
		       "state IN ('queued', 'scheduled')",
		       DB_ARGS(db_text(reason), db_uint(key)));
}

enum err store_fanout_wanted(struct store *s, const char *action,
			     const struct id *organizations, size_t n,
			     bool *wanted)
{
	struct db_value list[DB_LIST_MAX];
	struct db_stmt *q;
	enum err e;

	memset(wanted, 0, n * sizeof(*wanted));
	for (size_t i = 0; i < n; i++)
		list[i] = store_col_of(&organizations[i]);
	e = db_query_list(s->db,
			  "SELECT DISTINCT organization FROM vh_hook_actions "
			  "FORCE INDEX (PRIMARY) WHERE name = ? AND "
			  "until IS NULL AND organization IN ({?})",
			  DB_ARGS(db_text(action)), list, n, &q);
	while (!e && db_next(q)) {
		size_t len;
		const char *id = db_col_bytes(q, 0, &len);

		for (size_t i = 0; i < n; i++)
			wanted[i] |= memcmp(organizations[i].b, id, len) == 0;
	}
	return e;
}

enum err store_fanout_insert(struct store *s, const struct id *organization,
			     const char *action, const char *user,
			     const char *resource, size_t len,
			     struct store_matched *out)
{
	enum err e;

	e = db_exec(s->db,
		    "INSERT INTO vh_notifications (organization, action, "
		    "user, resource, accepted_at) VALUES "
		    "(?, ?, ?, ?, UTC_TIMESTAMP(6))",
		    DB_ARGS(store_col_of(organization), db_text(action),
			    db_text(user), db_bytes(resource, len)));
	if (!e)
		*out = (struct store_matched){.key = db_insert_id(s->db),
					      .organization = *organization,
					      .action = action,
					      .user = user,
					      .accepted_at = MATCH_NOW};
	return e;
}

/* ---- deliveries ---- */

/* Hooks, ascending, each once; of those that are ordered, the times of their
 * lanes. */
struct lanes {
	uint64_t *all, *ordered;
	int64_t *times;
	size_t count, ordered_count;
};

static size_t count_deliveries(const struct store_matched *rows, size_t n)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += rows[i].hook_count;
	return sum;
}

static void lanes_init(struct lanes *l, const struct store_matched *rows,
		       size_t n)
{
	size_t count = count_deliveries(rows, n) + 1;

	*l = (struct lanes){.all = xmalloc(count * sizeof(*l->all)),
			    .ordered = xmalloc(count * sizeof(*l->ordered)),
			    .times = xmalloc(count * sizeof(*l->times))};
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < rows[i].hook_count; j++)
			l->all[l->count++] = rows[i].hooks[j];
		for (size_t j = 0; j < rows[i].ordered_count; j++)
			l->ordered[l->ordered_count++] = rows[i].ordered[j];
	}
	l->count = store_col_sort(l->all, l->count);
	l->ordered_count = store_col_sort(l->ordered, l->ordered_count);
}

static void lanes_release(struct lanes *l)
{
	free(l->all);
	free(l->ordered);
	free(l->times);
}

/* TIME_NONE: now. */
static int64_t due_time(const struct lanes *l, uint64_t hook)
{
	const uint64_t *found =
		store_col_find(l->ordered, l->ordered_count, hook);

	return found ? l->times[found - l->ordered] : TIME_NONE;
}

/* In the order of the notifications, and of the hooks of each. */
static enum err insert_deliveries(struct store *s,
				  const struct store_matched *rows, size_t n,
				  const struct lanes *lanes)
{
	enum { COLUMNS = 5 };
	size_t count = count_deliveries(rows, n);
	struct db_value *values =
		xmalloc((count * COLUMNS + 1) * sizeof(*values));
	struct db_value *v = values;
	enum err e;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < rows[i].hook_count; j++) {
			uint64_t hook = rows[i].hooks[j];

			*v++ = store_col_of(&rows[i].organization);
			*v++ = db_uint(rows[i].key);
			*v++ = db_uint(hook);
			*v++ = db_uint(hook); /* kind 0: queue */
			*v++ = db_time(due_time(lanes, hook));
		}
	}
	e = db_exec_rows(s->db,
			 "INSERT INTO vh_deliveries (organization, "
			 "notification_id, hook_id, state, lane, due_at, "
			 "created_at) VALUES {(?, ?, ?, 'pending', ?, "
			 "COALESCE(?, UTC_TIMESTAMP(3)), UTC_TIMESTAMP(3))} "
			 "ON DUPLICATE KEY UPDATE attempts = attempts",
			 values, count, COLUMNS);
	free(values);
	return e;
}

/* The place in an ordered lane is a time, so it is taken under the lane's
 * lock. All other lanes are locked afterwards, for a shorter time. */
static enum err deliver(struct store *s, const struct store_matched *rows,
			size_t n, struct lanes *l)
{
	enum err e = ERR_OK;

	if (l->ordered_count)
		e = store_lane_lock(s, l->all, l->count);
	if (!e && l->ordered_count)
		e = store_lane_times(s, l->ordered, l->ordered_count, l->times);
	if (!e)
		e = insert_deliveries(s, rows, n, l);
	if (!e && !l->ordered_count)
		e = store_lane_lock(s, l->all, l->count);
	return e ? e : store_lane_wake(s, l->all, l->count);
}

/* Marks those that have deliveries, or those that have none. */
static enum err mark_some(struct store *s, const struct store_matched *rows,
			  size_t n, bool matched, const char *sql)
{
	struct db_value list[DB_LIST_MAX];
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		if ((rows[i].hook_count > 0) == matched)
			list[count++] = db_uint(rows[i].key);
	return count ? db_exec_list(s->db, sql, DB_NONE, list, count) : ERR_OK;
}

static enum err mark_notifications(struct store *s,
				   const struct store_matched *rows, size_t n)
{
	enum err e = mark_some(s, rows, n, true,
			       "UPDATE vh_notifications SET "
			       "state = 'fanned_out' WHERE id IN ({?})");

	if (!e)
		e = mark_some(s, rows, n, false,
			      "UPDATE vh_notifications SET "
			      "state = 'unmatched' WHERE id IN ({?})");
	return e;
}

enum err store_fanout_spread(struct store *s, const struct store_matched *rows,
			     size_t n)
{
	struct lanes lanes;
	enum err e;

	lanes_init(&lanes, rows, n);
	e = deliver(s, rows, n, &lanes);
	lanes_release(&lanes);
	return e ? e : mark_notifications(s, rows, n);
}

enum err store_fanout_own(struct store *s, struct arena *arena,
			  struct store_matched *rows, size_t n)
{
	enum err e = store_match_find(s, arena, rows, n);

	return e ? e : store_fanout_spread(s, rows, n);
}
