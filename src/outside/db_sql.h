/* SPDX-License-Identifier: MIT */
/*
 * db_sql: the one liberty our SQL takes: a group in braces that stands for
 * as many copies of itself as there are values. Part of db.
 *
 * Sizes are rounded so that few different statements are prepared.
 */
#ifndef HOOKS_DB_SQL_H
#define HOOKS_DB_SQL_H

#include <stddef.h>

#include "base/buf.h"

/* Initialises `out` (caller releases it) with the text, the group in braces
 * written `repeats` times with commas between; 0 repeats: text as it is. */
void db_sql_expand(struct buf *out, const char *sql, size_t repeats);

/* The next power of two: an IN list is padded up to it. */
size_t db_sql_list_size(size_t length);
/* How many of so many rows go into the next statement: the largest power of
 * two that is not more, up to 256. */
size_t db_sql_rows_size(size_t rows);

#endif
