/* SPDX-License-Identifier: MIT */
/*
 * store_schedule: the statements on `vh_scheduled`.
 */
#include "store/store_schedule.h"

#include <string.h>

#include "base/clock.h"
#include "store/store.h"
#include "store/store_col.h"

/* How often a key may be taken again by another publication while this one
 * replaces what it finds. */
enum { TRIES = 5 };

/* Rows that are due, of which the first organization is looked for among them.
 */
enum { DUE_LOOKED_AT = 1000 };

/* ---- publishing ---- */

#define ADD                                                                    \
	"INSERT INTO vh_scheduled (notification_id, organization, "            \
	"deliver_at, replace_key) SELECT id, organization, deliver_at, "       \
	"replace_key FROM vh_notifications FORCE INDEX (PRIMARY) WHERE "       \
	"state = 'scheduled' AND "

enum err store_schedule_add(struct store *s, const uint64_t *notifications,
			    size_t n)
{
	struct db_value list[DB_LIST_MAX];

	db_uints(list, notifications, n);
	return db_exec_list(s->db, ADD "id IN ({?})", DB_NONE, list, n);
}

enum err store_schedule_replace(struct store *s, const struct id *organization,
				const void *key, size_t len,
				uint64_t notification)
{
	enum err e = ERR_CONFLICT;

	for (int i = 0; i < TRIES && e == ERR_CONFLICT; i++) {
		e = store_schedule_end_key(s, organization, key, len,
					   STORE_SCHEDULE_REPLACED);
		if (!e || e == ERR_NOT_FOUND)
			e = db_exec(s->db, ADD "id = ?",
				    DB_ARGS(db_uint(notification)));
	}
	return e == ERR_CONFLICT ? ERR_TEMP : e;
}

enum err store_schedule_room(struct store *s, const struct id *organization,
			     uint64_t want, uint64_t *room)
{
	static const struct headroom_rule rule = {.part = 16, .full_ms = 250};
	int64_t now = clock_monotonic();
	struct db_stmt *q;
	enum err e;

	if (headroom_tells(&s->scheduled, organization, &rule, want, now, room))
		return ERR_OK;
	*room = STORE_SCHEDULE_MAX;
	e = db_query(s->db,
		     "SELECT COUNT(*) FROM (SELECT 1 FROM vh_scheduled "
		     "FORCE INDEX (replacing) WHERE organization = ? LIMIT ?) "
		     "w",
		     DB_ARGS(store_col_of(organization), db_uint(*room)), &q);
	while (!e && db_next(q))
		*room -= db_col_uint(q, 0);
	if (!e)
		headroom_keep(&s->scheduled, organization, *room, now);
	return e;
}

void store_schedule_added(struct store *s, const struct id *organization,
			  uint64_t n)
{
	headroom_added(&s->scheduled, organization, (int64_t)n);
}

/* ---- an early end ---- */

enum err store_schedule_end(struct store *s, uint64_t notification,
			    enum store_schedule_end how)
{
	static const char *const states[] = {
		[STORE_SCHEDULE_CANCELLED] = "cancelled",
		[STORE_SCHEDULE_REPLACED] = "replaced",
	};
	enum err e = db_exec(s->db,
			     "DELETE FROM vh_scheduled WHERE "
			     "notification_id = ?",
			     DB_ARGS(db_uint(notification)));

	if (!e && !db_affected(s->db))
		return ERR_NOT_FOUND;
	return e ? e
		 : db_exec(s->db,
			   "UPDATE vh_notifications SET state = ? WHERE "
			   "id = ? AND state = 'scheduled'",
			   DB_ARGS(db_text(states[how]),
				   db_uint(notification)));
}

enum err store_schedule_end_key(struct store *s, const struct id *organization,
				const void *key, size_t len,
				enum store_schedule_end how)
{
	struct db_stmt *q;
	enum err e = db_query(
		s->db,
		"SELECT notification_id FROM vh_scheduled FORCE INDEX "
		"(replacing) WHERE organization = ? AND replace_key = ? "
		"FOR UPDATE",
		DB_ARGS(store_col_of(organization), db_bytes(key, len)), &q);

	if (e)
		return e;
	if (!db_next(q))
		return ERR_NOT_FOUND;
	return store_schedule_end(s, db_col_uint(q, 0), how);
}

struct cancelling {
	struct store *s;
	const struct store_schedule_cancel *what;
};

static enum err cancel_body(struct db *db, void *arg)
{
	const struct cancelling *a = arg;
	const char *key = a->what->replace_key;

	(void)db;
	return key ? store_schedule_end_key(a->s, &a->what->organization, key,
					    strlen(key),
					    STORE_SCHEDULE_CANCELLED)
		   : store_schedule_end(a->s, a->what->notification,
					STORE_SCHEDULE_CANCELLED);
}

enum err store_schedule_cancel(struct store *s,
			       const struct store_schedule_cancel *what)
{
	struct cancelling a = {.s = s, .what = what};

	return db_tx(s->db, DB_ONCE, cancel_body, &a);
}

/* ---- what is due ---- */

/* Looks at the rows that are due: fine while these are few. */
static enum err among_due(struct store *s, struct db_value after,
			  struct id *out, bool *few)
{
	struct db_stmt *q;
	enum err e = db_query(
		s->db,
		"SELECT COUNT(*) < ?, MIN(IF(w.organization > ?, "
		"w.organization, NULL)) FROM (SELECT organization FROM "
		"vh_scheduled FORCE INDEX (due) WHERE deliver_at <= "
		"UTC_TIMESTAMP(3) LIMIT ?) w",
		DB_ARGS(db_int(DUE_LOOKED_AT), after, db_int(DUE_LOOKED_AT)),
		&q);

	if (e)
		return e;
	if (!db_next(q))
		return ERR_INTERNAL;
	*few = db_col_int(q, 0) != 0;
	if (db_col_null(q, 1))
		return ERR_NOT_FOUND;
	*out = store_col_id(q, 1);
	return ERR_OK;
}

/* One probe of the index for each organization, however many rows it has.
 * GROUP BY would need no more, but reads all rows as long as the server's
 * statistics know few of them. */
static enum err among_organizations(struct store *s, struct db_value after,
				    struct id *out)
{
	struct db_stmt *q;
	enum err e = db_query(
		s->db,
		"SELECT o.id FROM vh_organizations o FORCE INDEX (PRIMARY) "
		"WHERE o.id > ? AND (SELECT c.deliver_at FROM vh_scheduled c "
		"FORCE INDEX (turn) WHERE c.organization = o.id "
		"ORDER BY c.deliver_at LIMIT 1) <= UTC_TIMESTAMP(3) "
		"ORDER BY o.id LIMIT 1",
		DB_ARGS(after), &q);

	if (e)
		return e;
	if (!db_next(q))
		return ERR_NOT_FOUND;
	*out = store_col_id(q, 0);
	return ERR_OK;
}

enum err store_schedule_org(struct store *s, const struct id *after,
			    struct id *out)
{
	static const char none[] = "";
	struct db_value from = after ? store_col_of(after) : db_bytes(none, 0);
	bool few = true;
	struct id found;
	enum err e = among_due(s, from, &found, &few);

	if (!few)
		e = among_organizations(s, from, &found);
	if (!e)
		*out = found;
	return e;
}

enum err store_schedule_due(struct store *s, const struct id *organization,
			    size_t max, uint64_t *keys, size_t *n)
{
	struct db_stmt *q;
	enum err e = db_query(
		s->db,
		"SELECT notification_id FROM vh_scheduled FORCE INDEX (turn) "
		"WHERE organization = ? AND deliver_at <= LEAST("
		"UTC_TIMESTAMP(3), COALESCE((SELECT COALESCE(n.accepted_at, "
		"n.created_at) FROM vh_notifications n FORCE INDEX (state) "
		"WHERE n.state = 'queued' AND n.organization = ? "
		"ORDER BY n.id LIMIT 1), UTC_TIMESTAMP(3))) "
		"ORDER BY deliver_at, notification_id LIMIT ?",
		DB_ARGS(store_col_of(organization), store_col_of(organization),
			db_uint(max)),
		&q);

	if (!e)
		store_col_keys(q, keys, n);
	return e;
}

enum err store_schedule_any(struct store *s, int64_t until, bool *any)
{
	struct db_stmt *q;
	enum err e = db_query(s->db,
			      "SELECT 1 FROM vh_scheduled FORCE INDEX (due) "
			      "WHERE deliver_at <= ? LIMIT 1",
			      DB_ARGS(db_time(until)), &q);

	if (!e)
		*any = db_rows(q) > 0;
	return e;
}

enum err store_schedule_lock(struct store *s, uint64_t *keys, size_t *n)
{
	struct db_value list[DB_LIST_MAX];
	struct db_stmt *q;
	enum err e;

	db_uints(list, keys, *n);
	e = db_query_list(s->db,
			  "SELECT notification_id FROM vh_scheduled "
			  "FORCE INDEX (PRIMARY) WHERE "
			  "notification_id IN ({?}) FOR UPDATE",
			  DB_NONE, list, *n, &q);
	if (!e)
		store_col_keys(q, keys, n);
	return e;
}

enum err store_schedule_remove(struct store *s, const uint64_t *keys, size_t n)
{
	struct db_value list[DB_LIST_MAX];

	db_uints(list, keys, n);
	return db_exec_list(s->db,
			    "DELETE FROM vh_scheduled WHERE "
			    "notification_id IN ({?})",
			    DB_NONE, list, n);
}
