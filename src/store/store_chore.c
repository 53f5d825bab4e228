/* SPDX-License-Identifier: MIT */
/*
 * store_chore: rows of `vh_chores`, each inserted when its chore is first
 * taken.
 */
#include "store/store_chore.h"

#include "store/store.h"

enum err store_chore_due(struct store *s, const char *const *names, size_t n,
			 bool *due)
{
	struct db_value list[DB_LIST_MAX];
	struct db_stmt *q;
	enum err e;

	for (size_t i = 0; i < n; i++)
		list[i] = db_text(names[i]);
	e = db_query_list(s->db,
			  "SELECT COUNT(*) < ? OR "
			  "MIN(next_at) <= UTC_TIMESTAMP(3) "
			  "FROM vh_chores WHERE name IN ({?})",
			  DB_ARGS(db_uint(n)), list, n, &q);
	while (!e && db_next(q))
		*due = db_col_int(q, 0) != 0;
	return e;
}

static enum err read_position(struct store *s, const char *name,
			      uint64_t *position)
{
	struct db_stmt *q;
	enum err e =
		db_query(s->db, "SELECT position FROM vh_chores WHERE name = ?",
			 DB_ARGS(db_text(name)), &q);

	while (!e && db_next(q))
		*position = db_col_uint(q, 0);
	return e;
}

enum err store_chore_take(struct store *s, const char *name, int64_t ms,
			  bool *mine, uint64_t *position)
{
	int64_t now;
	enum err e = store_now(s, &now);

	*mine = false;
	if (!e)
		e = db_exec(s->db,
			    "INSERT IGNORE INTO vh_chores (name, next_at) "
			    "VALUES (?, ?)",
			    DB_ARGS(db_text(name), db_time(now)));
	if (!e)
		e = db_exec(
			s->db,
			"UPDATE vh_chores SET next_at = ? WHERE name = ? AND "
			"next_at <= ?",
			DB_ARGS(db_time(now + ms), db_text(name),
				db_time(now)));
	if (e || !db_affected(s->db))
		return e;
	*mine = true;
	return read_position(s, name, position);
}

enum err store_chore_write(struct store *s, const char *name, uint64_t position,
			   int64_t ms)
{
	int64_t now;
	enum err e = store_now(s, &now);

	return e ? e
		 : db_exec(s->db,
			   "UPDATE vh_chores SET next_at = ?, position = ? "
			   "WHERE name = ?",
			   DB_ARGS(db_time(now + ms), db_uint(position),
				   db_text(name)));
}
