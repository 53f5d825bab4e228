/* SPDX-License-Identifier: MIT */
/*
 * db_sql: the one extension that our SQL has: a group in braces that stands
 * for as many copies of itself as there are values. Part of db.
 *
 * Sizes are rounded, so that few different statements are prepared.
 */
#ifndef HOOKS_DB_SQL_H
#define HOOKS_DB_SQL_H

#include <stddef.h>

#include "base/buf.h"

/* Initialises `out` (caller releases it) with the text in which the group in
 * braces is written `repeats` times with commas between, or with what follows a
 * bar: "{SELECT ?| UNION }"; 0 repeats: the text unchanged. */
void db_sql_expand(struct buf *out, const char *sql, size_t repeats);

/* The next power of two, to which an IN list is padded. */
size_t db_sql_list_size(size_t length);
/* The number of rows for the next statement: the largest power of two that is
 * not above `rows`, up to 256. */
size_t db_sql_rows_size(size_t rows);

#endif
