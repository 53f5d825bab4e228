/* SPDX-License-Identifier: MIT */
/*
 * db_sql: repeats the group in braces.
 */
#include "outside/db_sql.h"

#include <string.h>

enum { SQL_MAX = 1024 * 1024 };

void db_sql_expand(struct buf *out, const char *sql, size_t repeats)
{
	const char *open = repeats ? strchr(sql, '{') : NULL;
	const char *close = open ? strchr(open, '}') : NULL;
	size_t copy, between;

	buf_init(out, SQL_MAX);
	if (!close) {
		buf_puts(out, sql);
		return;
	}
	copy = strcspn(open + 1, "|}");
	between = (size_t)(close - open - 1) - copy;
	buf_add(out, sql, (size_t)(open - sql));
	for (size_t i = 0; i < repeats; i++) {
		if (i && between)
			buf_add(out, open + 2 + copy, between - 1);
		else if (i)
			buf_putc(out, ',');
		buf_add(out, open + 1, copy);
	}
	buf_puts(out, close + 1);
}

size_t db_sql_list_size(size_t length)
{
	size_t n = 1;

	while (n < length)
		n *= 2;
	return n;
}

size_t db_sql_rows_size(size_t rows)
{
	size_t n = 256;

	while (n > rows)
		n /= 2;
	return n;
}
