/* SPDX-License-Identifier: MIT */
/*
 * store_fanout: the statements of the fan-out.
 */
#include "store/store_fanout.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/store.h"
#include "store/store_col.h"
#include "store/store_lane.h"

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

enum err store_fanout_hooks(struct store *s, const struct id *organization,
			    uint64_t max, uint64_t *n)
{
	struct db_stmt *q;
	enum err e =
		db_query(s->db,
			 "SELECT COUNT(*) FROM (SELECT 1 FROM vh_hooks "
			 "FORCE INDEX (organization) WHERE "
			 "organization = ? AND deleted_at IS NULL "
			 "LIMIT ?) h",
			 DB_ARGS(store_col_of(organization), db_uint(max)), &q);

	while (!e && db_next(q))
		*n = db_col_uint(q, 0);
	return e;
}

enum err store_fanout_lock(struct store *s, uint64_t *keys, size_t *n)
{
	struct db_value list[DB_LIST_MAX];
	struct db_stmt *q;
	enum err e;

	db_uints(list, keys, *n);
	e = db_query_list(s->db,
			  "SELECT id FROM vh_notifications "
			  "FORCE INDEX (PRIMARY) WHERE state = 'queued' AND "
			  "id IN ({?}) ORDER BY id FOR UPDATE",
			  DB_NONE, list, *n, &q);
	if (!e)
		store_col_keys(q, keys, n);
	return e;
}

enum err store_fanout_reject(struct store *s, uint64_t key, const char *reason)
{
	return db_exec(s->db,
		       "UPDATE vh_notifications SET state = 'rejected', "
		       "reason = ? WHERE id = ? AND state = 'queued'",
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
			  "SELECT DISTINCT organization FROM vh_hooks "
			  "FORCE INDEX (organization) WHERE action = ? AND "
			  "deleted_at IS NULL AND organization IN ({?})",
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
			     const char *action, const char *resource,
			     size_t len, uint64_t *key)
{
	enum err e;

	e = db_exec(s->db,
		    "INSERT INTO vh_notifications (organization, action, "
		    "resource) VALUES (?, ?, ?)",
		    DB_ARGS(store_col_of(organization), db_text(action),
			    db_bytes(resource, len)));
	if (!e)
		*key = db_insert_id(s->db);
	return e;
}

/* The order of the join and its indexes are fixed, because by its statistics
 * of a table that was empty a moment ago the server reads every notification
 * of the organization instead of the listed ones.
 *
 * Operational actions and pings match by their exact name only. */
static const char insert_deliveries[] =
	"INSERT INTO vh_deliveries (organization, notification_id, hook_id, "
	"state, lane, due_at, created_at) "
	"SELECT STRAIGHT_JOIN n.organization, n.id, h.id, 'pending', h.id, "
	"UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) "
	"FROM vh_notifications n FORCE INDEX (PRIMARY) "
	"JOIN vh_hooks h FORCE INDEX (organization) "
	"ON h.organization = n.organization AND h.deleted_at IS NULL "
	"AND (h.action = n.action OR (n.action NOT IN ('hook.disabled', "
	"'delivery.failed', 'ping') AND h.action IN ('*', "
	"CONCAT(SUBSTRING_INDEX(n.action, '.', 1), '.*')))) "
	"AND (h.scope = 'organization' OR h.user = UNHEX(n.user)) "
	"WHERE n.id IN ({?}) ORDER BY n.id, h.id "
	"ON DUPLICATE KEY UPDATE attempts = vh_deliveries.attempts";

/* Wakes the hooks that got a delivery. */
static enum err wake_hooks(struct store *s, const struct db_value *list,
			   size_t n)
{
	uint64_t *hooks = NULL;
	size_t count = 0, room = 0;
	struct db_stmt *q;
	enum err e;

	e = db_query_list(s->db,
			  "SELECT DISTINCT hook_id FROM vh_deliveries WHERE "
			  "notification_id IN ({?})",
			  DB_NONE, list, n, &q);
	while (!e && db_next(q)) {
		if (count == room) {
			room = room ? room * 2 : 64;
			hooks = xrealloc(hooks, room * sizeof(*hooks));
		}
		hooks[count++] = db_col_uint(q, 0);
	}
	if (!e)
		e = store_lane_lock(s, hooks, count); /* queues: kind 0 */
	if (!e)
		e = store_lane_wake(s, hooks, count);
	free(hooks);
	return e;
}

static const char mark_notifications[] =
	"UPDATE vh_notifications n SET n.state = IF(EXISTS(SELECT 1 FROM "
	"vh_deliveries d WHERE d.notification_id = n.id), 'fanned_out', "
	"'unmatched') WHERE n.id IN ({?})";

enum err store_fanout_spread(struct store *s, const uint64_t *keys, size_t n,
			     uint64_t *made)
{
	struct db_value list[DB_LIST_MAX];
	uint64_t count;
	enum err e;

	if (!n) {
		*made = 0;
		return ERR_OK;
	}
	db_uints(list, keys, n);
	e = db_exec_list(s->db, insert_deliveries, DB_NONE, list, n);
	count = db_affected(s->db);
	if (!e)
		e = wake_hooks(s, list, n);
	if (!e)
		e = db_exec_list(s->db, mark_notifications, DB_NONE, list, n);
	if (!e)
		*made = count;
	return e;
}

enum err store_fanout_shares(struct store *s, const uint64_t *keys, size_t n,
			     struct store_share *list, size_t *count)
{
	struct db_value values[DB_LIST_MAX];
	struct db_stmt *q;
	size_t shares = 0;
	enum err e;

	db_uints(values, keys, n);
	e = db_query_list(s->db,
			  "SELECT STRAIGHT_JOIN n.organization, "
			  "COUNT(DISTINCT n.id), COUNT(d.id) "
			  "FROM vh_notifications n FORCE INDEX (PRIMARY) "
			  "LEFT JOIN vh_deliveries d FORCE INDEX (fanout) "
			  "ON d.notification_id = n.id WHERE n.id IN ({?}) "
			  "GROUP BY n.organization",
			  DB_NONE, values, n, &q);
	while (!e && db_next(q))
		list[shares++] = (struct store_share){
			.organization = store_col_id(q, 0),
			.notifications = db_col_uint(q, 1),
			.deliveries = db_col_uint(q, 2),
		};
	if (!e)
		*count = shares;
	return e;
}
