/* SPDX-License-Identifier: MIT */
/*
 * store_table: information_schema, which shows a user only tables on which it
 * has some right.
 */
#include "store/store_table.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "rules/identifier.h"
#include "store/store.h"
#include "store/store_col.h"

enum {
	TRY_MORE = 4096, /* bytes around an expression */
	NO_TABLE = 1146	 /* the server's number */
};

/* The table's name stands twice, because the servers find only what a constant
 * names without opening every table. */
enum err store_table_columns(struct store *s, struct arena *arena,
			     const char *schema, const char *table,
			     struct trigger_column **list, size_t *count,
			     bool *view)
{
	struct trigger_column *all;
	struct db_stmt *q;
	size_t n = 0;
	enum err e = db_query(
		s->db,
		"SELECT c.column_name, c.data_type, c.column_type, "
		"t.table_type LIKE '%VIEW%' FROM information_schema.columns c "
		"JOIN information_schema.tables t WHERE c.table_schema = ? AND "
		"c.table_name = ? AND t.table_schema = ? AND t.table_name = ? "
		"ORDER BY c.ordinal_position",
		DB_ARGS(db_text(schema), db_text(table), db_text(schema),
			db_text(table)),
		&q);

	if (e)
		return e;
	if (!db_rows(q))
		return ERR_NOT_FOUND;
	all = arena_alloc(arena, db_rows(q) * sizeof(*all));
	for (; db_next(q); n++) {
		all[n].name = store_col_text(q, 0, arena);
		all[n].kind = trigger_column_kind(db_col_text(q, 1),
						  db_col_text(q, 2));
		*view = db_col_int(q, 3) != 0;
	}
	*list = all;
	*count = n;
	return ERR_OK;
}

static void put_alias(struct buf *sql, const struct trigger *t,
		      const char *alias, bool lower)
{
	identifier_put(sql, t->schema);
	buf_putc(sql, '.');
	identifier_put(sql, t->table);
	buf_puts(sql, " AS ");
	for (; *alias; alias++)
		buf_putc(sql, lower ? (char)tolower(*alias) : *alias);
}

/* A join of the table with itself has the two rows under their names, and a
 * column without one of them is ambiguous. A trigger with such a column can be
 * made, and fails each time. */
static enum err try_join(struct store *s, const struct trigger *t,
			 const char *expression, bool lower)
{
	struct buf sql;
	enum err e;

	buf_init(&sql, strlen(expression) + TRY_MORE);
	buf_printf(&sql, "DO (SELECT (%s\n) FROM ", expression);
	put_alias(&sql, t, trigger_row_new(t->event), lower);
	buf_puts(&sql, " JOIN ");
	put_alias(&sql, t, trigger_row_old(t->event), lower);
	buf_puts(&sql, " LIMIT 0)");
	e = db_try_text(s->db, sql.data);
	buf_release(&sql);
	if (e == ERR_CONFIG && db_error_number(s->db) == NO_TABLE)
		return ERR_INVALID;
	return e;
}

/* In a trigger case does not matter, in most servers' aliases it does. */
enum err store_table_try(struct store *s, const struct trigger *t,
			 const char *expression)
{
	enum err e = try_join(s, t, expression, false);

	if (e == ERR_INVALID &&
	    (strstr(expression, "new.") || strstr(expression, "old.")))
		e = try_join(s, t, expression, true);
	return e;
}
