/* SPDX-License-Identifier: MIT */
/*
 * store_due: counts that stop at the limit.
 */
#include "store/store_due.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/store.h"
#include "store/store_lane.h"
#include "store/store_col.h"

static const struct headroom_rule rules[] = {
	[STORE_DUE_PUBLISHER] = {.part = 16, .full_ms = 250},
	[STORE_DUE_TAKEOVER] = {.part = 1, .full_ms = 1000},
};

/* ---- counting ---- */

static const char count_due[] =
	"SELECT COUNT(*) FROM (SELECT STRAIGHT_JOIN 1 "
	"FROM vh_hooks h FORCE INDEX (organization) "
	"JOIN vh_deliveries d FORCE INDEX (lane) ON d.lane = h.id "
	"WHERE h.organization = ? AND h.deleted_at IS NULL AND "
	"h.enabled = 1 LIMIT ?) w";

static const char count_queued[] =
	"SELECT COUNT(*) FROM (SELECT 1 FROM vh_notifications "
	"FORCE INDEX (state) WHERE state = 'queued' AND organization = ? "
	"LIMIT ?) w";

static enum err room_left(struct store *s, const char *sql,
			  const struct id *org, uint64_t *room)
{
	struct db_stmt *q;
	enum err e = db_query(s->db, sql,
			      DB_ARGS(store_col_of(org), db_uint(*room)), &q);

	while (!e && db_next(q))
		*room -= db_col_uint(q, 0);
	return e;
}

enum err store_due_count(struct store *s, const struct id *organization,
			 uint64_t *room)
{
	*room = s->conf->api.max_due;
	return room_left(s, count_due, organization, room);
}

/* ---- kept counts ---- */

enum err store_due_room(struct store *s, const struct id *organization,
			enum store_due_who who, uint64_t want, uint64_t *room)
{
	int64_t now = clock_monotonic();
	enum err e;

	if (headroom_tells(&s->due, organization, &rules[who], want, now, room))
		return ERR_OK;
	e = store_due_count(s, organization, room);
	if (!e && *room)
		e = room_left(s, count_queued, organization, room);
	if (!e)
		headroom_keep(&s->due, organization, *room, now);
	return e;
}

void store_due_added(struct store *s, const struct id *organization, uint64_t n)
{
	headroom_added(&s->due, organization, (int64_t)n);
}

void store_due_spread(struct store *s, const struct id *organization,
		      uint64_t notifications, uint64_t deliveries)
{
	headroom_added(&s->due, organization,
		       (int64_t)deliveries - (int64_t)notifications);
}

/* One row a lane is joined with its hook; what is scheduled is counted for the
 * rows of the answer alone. */
static const char most_due[] =
	"SELECT w.organization, w.waiting, (SELECT COUNT(*) FROM vh_scheduled "
	"c FORCE INDEX (turn) WHERE c.organization = w.organization AND "
	"c.deliver_at <= UTC_TIMESTAMP(3)) FROM (SELECT h.organization, "
	"CAST(SUM(p.pending) AS SIGNED) AS waiting FROM (SELECT lane, "
	"COUNT(*) AS pending FROM vh_deliveries FORCE INDEX (lane) "
	"WHERE lane < " STORE_LANE_FAILED_SQL " GROUP BY lane) p "
	"JOIN vh_hooks h ON h.id = p.lane AND h.deleted_at IS NULL AND "
	"h.enabled = 1 GROUP BY h.organization "
	"ORDER BY waiting DESC LIMIT ?) w ORDER BY w.waiting DESC";

enum err store_due_most(struct store *s, struct arena *arena, size_t max,
			struct store_due_most **list, size_t *count)
{
	struct store_due_most *rows;
	struct db_stmt *q;
	size_t n = 0;
	enum err e = db_query(s->db, most_due, DB_ARGS(db_uint(max)), &q);

	if (e)
		return e;
	rows = arena_alloc(arena, (db_rows(q) + 1) * sizeof(*rows));
	while (db_next(q)) {
		rows[n].organization = store_col_id(q, 0);
		rows[n].waiting = db_col_uint(q, 1);
		rows[n++].scheduled = db_col_uint(q, 2);
	}
	*list = rows;
	*count = n;
	return ERR_OK;
}

enum err store_due_pending(struct store *s, uint64_t *count)
{
	struct db_stmt *q;
	enum err e = db_query(s->db,
			      "SELECT COUNT(*) FROM vh_deliveries FORCE INDEX "
			      "(lane) WHERE lane < " STORE_LANE_FAILED_SQL,
			      DB_NONE, &q);

	while (!e && db_next(q))
		*count = db_col_uint(q, 0);
	return e;
}
