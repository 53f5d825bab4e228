/* SPDX-License-Identifier: MIT */
/*
 * store_seek: halves the range of keys.
 */
#include "store/store_seek.h"

#include "rules/id.h"
#include "store/store.h"

enum err store_seek(struct store *s, const char *sql, struct db_value of,
		    int64_t time, uint64_t *key)
{
	uint64_t older = 0, end = ID_SERIAL_MAX;
	enum err e = ERR_OK;

	while (!e && older < end) {
		uint64_t middle = older + (end - older) / 2;
		uint64_t found = 0;
		struct db_stmt *q;

		e = db_query(s->db, sql, DB_ARGS(of, db_uint(middle)), &q);
		while (!e && db_next(q))
			if (db_col_time(q, 1) < time)
				found = db_col_uint(q, 0);
		if (found)
			older = found;
		else
			end = middle;
	}
	if (!e)
		*key = older;
	return e;
}
