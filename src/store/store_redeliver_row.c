/* SPDX-License-Identifier: MIT */
/*
 * store_redeliver_row: rows in groups, and the other members of their
 * batches.
 */
#include "store/store_redeliver_row.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/store.h"

enum { AROUND = 5000 }; /* rows looked at on each side */

void store_redeliver_row_add(struct store_redeliver_rows *rows, uint64_t key,
			     uint64_t batch, bool wanted)
{
	if (!wanted && !batch)
		return;
	if (rows->count == rows->room) {
		rows->room = rows->room ? rows->room * 2 : 64;
		rows->row =
			xrealloc(rows->row, rows->room * sizeof(*rows->row));
	}
	rows->row[rows->count++] = (struct store_redeliver_row){
		.group = batch ? batch : key,
		.key = key,
		.batched = batch != 0,
		.wanted = wanted,
	};
	rows->wanted += wanted;
	rows->batched += batch != 0;
}

static int compare_rows(const void *a, const void *b)
{
	const struct store_redeliver_row *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

/* A row that was found twice is kept once, as wanted if it ever was. */
static void merge(struct store_redeliver_rows *rows)
{
	size_t n = 0;

	for (size_t i = 0; i < rows->count; i++) {
		if (n && rows->row[n - 1].key == rows->row[i].key)
			rows->row[n - 1].wanted |= rows->row[i].wanted;
		else
			rows->row[n++] = rows->row[i];
	}
	rows->count = n;
}

void store_redeliver_row_settle(struct store_redeliver_rows *rows)
{
	size_t kept = 0, end;

	if (!rows->count)
		return;
	qsort(rows->row, rows->count, sizeof(*rows->row), compare_rows);
	merge(rows);
	for (size_t i = 0; i < rows->count; i = end) {
		bool wanted = false;

		for (end = i; end < rows->count &&
			      rows->row[end].group == rows->row[i].group;
		     end++)
			wanted = wanted || rows->row[end].wanted;
		if (!wanted)
			continue;
		memmove(&rows->row[kept], &rows->row[i],
			(end - i) * sizeof(*rows->row));
		kept += end - i;
	}
	rows->count = kept;
}

static enum err add_members(struct store *s, const char *sql, uint64_t hook,
			    uint64_t from, struct store_redeliver_rows *rows)
{
	struct db_stmt *q;
	enum err e = db_query(
		s->db, sql,
		DB_ARGS(db_uint(hook), db_uint(from), db_int(AROUND)), &q);

	while (!e && db_next(q))
		store_redeliver_row_add(rows, db_col_uint(q, 0),
					db_col_uint(q, 1), false);
	return e;
}

enum err store_redeliver_row_members(struct store *s, uint64_t hook,
				     uint64_t first, uint64_t last,
				     struct store_redeliver_rows *rows)
{
	enum err e = add_members(
		s,
		"SELECT id, batch FROM vh_deliveries FORCE INDEX (hook) WHERE "
		"hook_id = ? AND id <= ? ORDER BY id DESC LIMIT ?",
		hook, first, rows);

	return e ? e
		 : add_members(s,
			       "SELECT id, batch FROM vh_deliveries "
			       "FORCE INDEX (hook) WHERE hook_id = ? AND "
			       "id > ? ORDER BY id LIMIT ?",
			       hook, last, rows);
}
