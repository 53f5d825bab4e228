/* SPDX-License-Identifier: MIT */
/*
 * store_look: one SELECT, of rows that are the first of their index.
 */
#include "store/store_look.h"

#include "base/text.h"
#include "store/store.h"

enum err store_look(struct store *s, struct store_look *out)
{
	struct db_stmt *q;
	enum err e = db_query(
		s->db,
		"SELECT UTC_TIMESTAMP(3), "
		"(SELECT 1 FROM vh_outbox LIMIT 1) IS NOT NULL, "
		"(SELECT 1 FROM vh_notifications FORCE INDEX (state) "
		"WHERE state = 'queued' LIMIT 1) IS NOT NULL, "
		"l.next_at, l.owner IS NOT NULL, "
		"(SELECT deliver_at FROM vh_scheduled FORCE INDEX (due) "
		"ORDER BY deliver_at LIMIT 1) "
		"FROM (SELECT 1 one) o LEFT JOIN "
		"(SELECT next_at, owner FROM vh_lanes FORCE INDEX (next) "
		"WHERE next_at IS NOT NULL ORDER BY next_at LIMIT 1) l "
		"ON o.one = 1",
		DB_NONE, &q);

	while (!e && db_next(q)) {
		s->now = db_col_time(q, 0);
		*out = (struct store_look){
			.now = s->now,
			.outbox = db_col_int(q, 1) != 0,
			.queued = db_col_int(q, 2) != 0,
			.lane = db_col_time(q, 3),
			.leased = db_col_int(q, 4) != 0,
			.scheduled = db_col_time(q, 5),
		};
		out->due = out->scheduled != TIME_NONE &&
			   out->scheduled <= out->now;
	}
	return e;
}

bool store_look_finds(const struct store_look *l)
{
	return l->outbox || l->queued || l->due ||
	       (l->lane != TIME_NONE && l->lane <= l->now);
}
