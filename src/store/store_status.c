/* SPDX-License-Identifier: MIT */
/*
 * store_status: counts over deliveries, lanes, notifications and senders.
 */
#include "store/store_status.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/store.h"
#include "store/store_col.h"
#include "store/store_lane.h"
#include "store/store_outbox.h"

/* Sums over the part of the index of lanes that senders work on; only one row
 * a lane is joined with its hook. Pings go to a disabled hook too. SUM()
 * gives decimals and, on MySQL 5.7, MIN(IF()) text, hence the CASTs. */
#define GOES "h.enabled OR p.lane >= " STORE_LANE_PING_SQL

static enum err read_lanes(struct store *s, struct store_status *out)
{
	struct db_stmt *q;
	enum err e = db_query(
		s->db,
		"SELECT CAST(SUM(IF(" GOES ", p.due, 0)) AS SIGNED), "
		"CAST(SUM(IF(" GOES ", p.pending - p.due, 0)) AS SIGNED), "
		"CAST(SUM(IF(" GOES ", 0, p.pending)) AS SIGNED), "
		"CAST(MIN(IF(" GOES ", p.oldest, NULL)) AS DATETIME(3)) "
		"FROM (SELECT lane, COUNT(*) AS pending, "
		"SUM(due_at <= UTC_TIMESTAMP(3)) AS due, "
		"MIN(IF(due_at < " STORE_LANE_URGENT_END_SQL
		", NULL, due_at)) AS oldest FROM vh_deliveries "
		"WHERE lane < " STORE_LANE_FAILED_SQL " GROUP BY lane) p "
		"JOIN vh_hooks h ON h.id = p.lane % " STORE_LANE_PING_SQL " "
		"AND h.deleted_at IS NULL",
		DB_NONE, &q);

	if (e)
		return e;
	while (db_next(q)) {
		out->due = db_col_uint(q, 0);
		out->waiting = db_col_uint(q, 1);
		out->held = db_col_uint(q, 2);
		if (!db_col_null(q, 3) && db_col_time(q, 3) < s->now)
			out->oldest_due = s->now - db_col_time(q, 3);
	}
	return ERR_OK;
}

static enum err read_in_flight(struct store *s, struct store_status *out)
{
	struct db_stmt *q;
	enum err e = db_query(s->db,
			      "SELECT CAST(SUM(LENGTH(in_flight) DIV 8) "
			      "AS SIGNED) FROM vh_lanes "
			      "WHERE next_at IS NOT NULL "
			      "AND owner IS NOT NULL",
			      DB_NONE, &q);

	if (e)
		return e;
	while (db_next(q))
		out->in_flight = db_col_uint(q, 0);
	return ERR_OK;
}

static enum err read_finished(struct store *s, struct store_status *out)
{
	struct db_stmt *q;
	enum err e =
		db_query(s->db,
			 "SELECT COUNT(IF(lane < " STORE_LANE_HELD_SQL
			 ", 1, NULL)), COUNT(IF(lane >= " STORE_LANE_HELD_SQL
			 ", 1, NULL)) "
			 "FROM vh_deliveries "
			 "WHERE lane >= " STORE_LANE_FAILED_SQL,
			 DB_NONE, &q);

	if (e)
		return e;
	while (db_next(q)) {
		out->failed = db_col_uint(q, 0);
		out->held += db_col_uint(q, 1);
	}
	return ERR_OK;
}

static void take_notifications(struct store_status *out, const char *state,
			       uint64_t number, int64_t age)
{
	if (strcmp(state, "rejected") == 0)
		out->rejected = number;
	else if (strcmp(state, "cancelled") == 0)
		out->cancelled = number;
	else if (strcmp(state, "replaced") == 0)
		out->replaced = number;
	else
		out->queued = number;
	if (strcmp(state, "queued") == 0 && age > out->oldest_due)
		out->oldest_due = age;
}

/* From the index alone, except for the row of the oldest. */
static enum err read_notifications(struct store *s, struct store_status *out)
{
	struct db_stmt *q;
	enum err e = db_query(
		s->db,
		"SELECT w.state, w.number, " STORE_PUBLISHED_SQL
		" FROM (SELECT state, COUNT(*) AS number, MIN(id) AS oldest "
		"FROM vh_notifications FORCE INDEX (state) WHERE state IN "
		"('queued', 'rejected', 'cancelled', 'replaced') "
		"GROUP BY state) w "
		"JOIN vh_notifications n ON n.id = w.oldest",
		DB_NONE, &q);

	while (!e && db_next(q))
		take_notifications(out, db_col_text(q, 0), db_col_uint(q, 1),
				   s->now - db_col_time(q, 2));
	return e;
}

enum err store_status_expired(struct store *s, uint64_t *expired)
{
	struct db_stmt *q;
	enum err e = db_query(
		s->db,
		"SELECT COUNT(*) FROM vh_deliveries FORCE INDEX (lane)"
		" WHERE lane >= " STORE_LANE_FAILED_SQL
		" AND lane < " STORE_LANE_HELD_SQL " AND reason = 'expired'",
		DB_NONE, &q);

	while (!e && db_next(q))
		*expired = db_col_uint(q, 0);
	return e;
}

static enum err read_scheduled(struct store *s, struct store_status *out)
{
	struct db_stmt *q;
	enum err e = db_query(
		s->db, "SELECT COUNT(*) FROM vh_scheduled FORCE INDEX (due)",
		DB_NONE, &q);

	while (!e && db_next(q))
		out->scheduled = db_col_uint(q, 0);
	return e;
}

static enum err read_outbox(struct store *s, struct store_status *out)
{
	uint64_t count = 0;
	int64_t oldest = TIME_NONE;
	enum err e = store_outbox_waiting(s, NULL, &count, &oldest);

	if (e)
		return e;
	out->queued += count;
	if (oldest != TIME_NONE && s->now - oldest > out->oldest_due)
		out->oldest_due = s->now - oldest;
	return ERR_OK;
}

enum err store_status_read(struct store *s, struct store_status *out)
{
	static enum err (*const parts[])(struct store *,
					 struct store_status *) = {
		read_lanes,	    read_in_flight, read_finished,
		read_notifications, read_outbox,    read_scheduled,
	};
	struct store_status status = {0};
	int64_t now;
	enum err e = store_now(s, &now);

	for (size_t i = 0; !e && i < sizeof(parts) / sizeof(parts[0]); i++)
		e = parts[i](s, &status);
	if (!e)
		*out = status;
	return e;
}

enum err store_status_rejected(struct store *s, unsigned max,
			       struct arena *arena,
			       struct store_rejected **list, size_t *count)
{
	struct store_rejected *rows;
	struct db_stmt *q;
	size_t n = 0;
	enum err e =
		db_query(s->db,
			 "SELECT n.id, n.created_at, n.organization, n.action, "
			 "n.reason, " STORE_PUBLISHED_SQL " FROM "
			 "(SELECT id FROM vh_notifications "
			 "FORCE INDEX (state) WHERE state = 'rejected' "
			 "ORDER BY id DESC LIMIT ?) w "
			 "JOIN vh_notifications n ON n.id = w.id "
			 "ORDER BY n.id DESC",
			 DB_ARGS(db_uint(max)), &q);

	if (e)
		return e;
	rows = arena_zalloc(arena, db_rows(q) * sizeof(*rows));
	while (db_next(q)) {
		struct store_rejected *r = &rows[n++];

		r->created_at = db_col_time(q, 5);
		store_id(s, &r->id, ID_NOTIFICATION, db_col_time(q, 1),
			 db_col_uint(q, 0));
		r->organization = store_col_id(q, 2);
		r->action = store_col_text(q, 3, arena);
		r->reason = store_col_text(q, 4, arena);
	}
	*list = rows;
	*count = n;
	return ERR_OK;
}
