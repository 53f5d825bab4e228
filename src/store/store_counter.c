/* SPDX-License-Identifier: MIT */
/*
 * store_counter: the table `vh_counters`.
 */
#include "store/store_counter.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/store.h"
#include "store/store_col.h"

enum err store_counter_add(struct store *s, const struct store_counter *list,
			   size_t n)
{
	enum { COLUMNS = 3 };
	struct db_value *v = xmalloc((n + 1) * COLUMNS * sizeof(*v));
	enum err e;

	for (size_t i = 0; i < n; i++) {
		v[i * COLUMNS] = db_text(list[i].family);
		v[i * COLUMNS + 1] = db_text(list[i].label);
		v[i * COLUMNS + 2] = db_uint(list[i].value);
	}
	e = db_exec_rows(s->db,
			 "INSERT INTO vh_counters (family, label, value) "
			 "VALUES {(?,?,?)} ON DUPLICATE KEY UPDATE "
			 "value = value + VALUES(value)",
			 v, n, COLUMNS);
	free(v);
	return e;
}

enum err store_counter_read(struct store *s, struct arena *arena,
			    struct store_counter **list, size_t *n)
{
	struct store_counter *rows;
	struct db_stmt *q;
	size_t count = 0;
	enum err e = db_query(s->db,
			      "SELECT family, label, value FROM vh_counters "
			      "ORDER BY family, label",
			      DB_NONE, &q);

	if (e)
		return e;
	rows = arena_alloc(arena, (db_rows(q) + 1) * sizeof(*rows));
	while (db_next(q))
		rows[count++] = (struct store_counter){
			.family = store_col_text(q, 0, arena),
			.label = store_col_text(q, 1, arena),
			.value = db_col_uint(q, 2),
		};
	*list = rows;
	*n = count;
	return ERR_OK;
}
