/* SPDX-License-Identifier: MIT */
/*
 * store_alert: rows of `vh_alerts`.
 */
#include "store/store_alert.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/store.h"
#include "store/store_col.h"

/* As the column has them. */
static const char *const kinds[STORE_ALERT_MAX] = {
	[STORE_ALERT_DISABLED] = "disabled",
	[STORE_ALERT_FAILED] = "failed",
	[STORE_ALERT_HELD] = "held",
};

static enum store_alert_kind kind_of(const char *text)
{
	enum store_alert_kind kind = STORE_ALERT_DISABLED;

	while (kind < STORE_ALERT_MAX - 1 && strcmp(text, kinds[kind]) != 0)
		kind++;
	return kind;
}

enum err store_alert_add(struct store *s, const struct store_alert *list,
			 size_t n, int64_t now)
{
	enum { COLUMNS = 6 };
	struct db_value *v, *at;
	enum err e;

	if (!n)
		return ERR_OK;
	v = at = xmalloc(n * COLUMNS * sizeof(*v));
	for (size_t i = 0; i < n; i++) {
		*at++ = db_uint(list[i].hook);
		*at++ = db_text(kinds[list[i].kind]);
		*at++ = db_uint(list[i].count);
		*at++ = db_text(list[i].reason);
		*at++ = db_time(now);
		*at++ = db_time(now);
	}
	e = db_exec_rows(s->db,
			 "INSERT INTO vh_alerts (hook_id, kind, count, reason, "
			 "first_at, last_at) VALUES {(?, ?, ?, ?, ?, ?)} "
			 "ON DUPLICATE KEY UPDATE "
			 "count = count + VALUES(count), "
			 "reason = VALUES(reason), last_at = VALUES(last_at)",
			 v, n, COLUMNS);
	free(v);
	return e;
}

enum err store_alert_due(struct store *s, const char *chore, bool *due)
{
	struct db_stmt *q;
	enum err e = db_query(s->db,
			      "SELECT (SELECT 1 FROM vh_alerts LIMIT 1) IS NOT "
			      "NULL AND COALESCE((SELECT next_at <= "
			      "UTC_TIMESTAMP(3) FROM vh_chores WHERE "
			      "name = ?), 1)",
			      DB_ARGS(db_text(chore)), &q);

	while (!e && db_next(q))
		*due = db_col_int(q, 0) != 0;
	return e;
}

static void read_alert(const struct store *s, struct db_stmt *q,
		       struct arena *arena, struct store_alert *a)
{
	*a = (struct store_alert){
		.hook = db_col_uint(q, 0),
		.kind = kind_of(db_col_text(q, 1)),
		.count = db_col_uint(q, 2),
		.reason = store_col_text(q, 3, arena),
		.first_at = db_col_time(q, 4),
		.last_at = db_col_time(q, 5),
	};
	if (db_col_null(q, 8))
		return;
	a->organization = store_col_id(q, 6);
	store_id(s, &a->hook_id, ID_HOOK, db_col_time(q, 7), a->hook);
	a->target_url = store_col_text(q, 8, arena);
}

enum err store_alert_list(struct store *s, struct arena *arena, size_t max,
			  struct store_alert **list, size_t *count)
{
	struct store_alert *rows;
	struct db_stmt *q;
	size_t n = 0;
	enum err e = db_query(s->db,
			      "SELECT a.hook_id, a.kind, a.count, "
			      "a.reason, a.first_at, a.last_at, "
			      "h.organization, h.created_at, h.target_url "
			      "FROM vh_alerts a LEFT JOIN vh_hooks h "
			      "ON h.id = a.hook_id AND h.deleted_at IS NULL "
			      "ORDER BY a.kind, a.first_at, a.hook_id LIMIT ?",
			      DB_ARGS(db_uint(max)), &q);

	if (e)
		return e;
	rows = arena_alloc(arena, (db_rows(q) + 1) * sizeof(*rows));
	while (db_next(q))
		read_alert(s, q, arena, &rows[n++]);
	*list = rows;
	*count = n;
	return ERR_OK;
}

static enum err done(struct store *s, const struct store_alert *a)
{
	enum err e = db_exec(s->db,
			     "DELETE FROM vh_alerts WHERE hook_id = ? AND "
			     "kind = ? AND count <= ?",
			     DB_ARGS(db_uint(a->hook), db_text(kinds[a->kind]),
				     db_uint(a->count)));

	if (e || db_affected(s->db))
		return e;
	return db_exec(s->db,
		       "UPDATE vh_alerts SET count = count - ? WHERE "
		       "hook_id = ? AND kind = ?",
		       DB_ARGS(db_uint(a->count), db_uint(a->hook),
			       db_text(kinds[a->kind])));
}

enum err store_alert_done(struct store *s, const struct store_alert *list,
			  size_t n)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < n && !e; i++)
		e = done(s, &list[i]);
	return e;
}
