/* SPDX-License-Identifier: MIT */
/*
 * store_due: counts that stop at the limit.
 */
#include "store/store_due.h"

#include "base/clock.h"
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
