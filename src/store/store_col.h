/* SPDX-License-Identifier: MIT */
/*
 * store_col: ids as values of statements; ids, texts and keys from rows.
 */
#ifndef HOOKS_STORE_COL_H
#define HOOKS_STORE_COL_H

#include <stddef.h>
#include <stdint.h>

#include "outside/db.h"
#include "rules/id.h"

struct arena;

/* An id as a parameter; *borrowed*. */
struct db_value store_col_of(const struct id *id);
/* A BINARY(12) column; all zero when it is NULL. */
struct id store_col_id(const struct db_stmt *q, unsigned col);
/* A text column; *arena*. NULL: "", or NULL. */
char *store_col_text(const struct db_stmt *q, unsigned col,
		     struct arena *arena);
char *store_col_text_null(const struct db_stmt *q, unsigned col,
			  struct arena *arena);
/* The first column of all rows; `keys` has room for them. */
void store_col_keys(struct db_stmt *q, uint64_t *keys, size_t *n);

/* Sorts keys, ascending, each once; returns their number. */
size_t store_col_sort(uint64_t *keys, size_t n);
/* Its place among keys so sorted; NULL: it is not there. */
const uint64_t *store_col_find(const uint64_t *keys, size_t n, uint64_t key);

#endif
