/* SPDX-License-Identifier: MIT */
/*
 * store_col: conversions between db's bytes and the structs of store_*.h.
 */
#include "store/store_col.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct db_value store_col_of(const struct id *id)
{
	return db_bytes(id->b, ID_SIZE);
}

struct id store_col_id(const struct db_stmt *q, unsigned col)
{
	struct id id = {0};
	size_t n;
	const char *bytes = db_col_bytes(q, col, &n);

	if (n == ID_SIZE)
		memcpy(id.b, bytes, ID_SIZE);
	return id;
}

char *store_col_text(const struct db_stmt *q, unsigned col, struct arena *arena)
{
	return arena_strdup(arena, db_col_text(q, col));
}

char *store_col_text_null(const struct db_stmt *q, unsigned col,
			  struct arena *arena)
{
	return db_col_null(q, col) ? NULL : store_col_text(q, col, arena);
}

void store_col_keys(struct db_stmt *q, uint64_t *keys, size_t *n)
{
	*n = 0;
	while (db_next(q))
		keys[(*n)++] = db_col_uint(q, 0);
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

size_t store_col_sort(uint64_t *keys, size_t n)
{
	size_t kept = 0;

	if (n)
		qsort(keys, n, sizeof(*keys), by_value);
	for (size_t i = 0; i < n; i++)
		if (!kept || keys[i] != keys[kept - 1])
			keys[kept++] = keys[i];
	return kept;
}

const uint64_t *store_col_find(const uint64_t *keys, size_t n, uint64_t key)
{
	return n ? bsearch(&key, keys, n, sizeof(key), by_value) : NULL;
}
