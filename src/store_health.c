/*
 * store_health: each count is one range of the index `lane` of deliveries.
 */
#include "store_health.h"

#include "mem.h"
#include "store.h"
#include "store_lane.h"
#include "text.h"

#define IN_LANE(what, lane)                                                    \
	"(SELECT " what " FROM deliveries d FORCE INDEX (lane) WHERE "         \
	"d.lane = " lane

static const char select_hooks[] =
	"SELECT h.id, h.created_at, h.enabled, h.updated_at, "
	"l.failing_since, l.suspended_until, "
	"IF(l.owner IS NULL, 0, LENGTH(l.in_flight) DIV 8), "
	IN_LANE("COUNT(*)", "h.id") " AND d.due_at <= ?), "
	IN_LANE("COUNT(*)", "h.id") " AND d.due_at > ?), "
	IN_LANE("MIN(d.due_at)", "h.id") " AND d.due_at <= ?), "
	IN_LANE("COUNT(*)", "h.id + " STORE_LANE_FAILED_SQL) "), "
	IN_LANE("COUNT(*)", "h.id + " STORE_LANE_HELD_SQL) ") "
	"FROM hooks h LEFT JOIN lanes l ON l.hook_id = h.id "
	"WHERE h.organization = ? AND h.deleted_at IS NULL ORDER BY h.id";

static void read_hook(const struct store *s, struct db_stmt *q,
		      struct store_health *h)
{
	uint64_t due = db_col_uint(q, 7), waiting = db_col_uint(q, 8);

	*h = (struct store_health){
		.key = db_col_uint(q, 0),
		.enabled = db_col_int(q, 2) != 0,
		.updated_at = db_col_time(q, 3),
		.failing_since = db_col_time(q, 4),
		.suspended_until = db_col_time(q, 5),
		.in_flight = db_col_uint(q, 6),
		.failed = db_col_uint(q, 10),
		.held = db_col_uint(q, 11),
		.oldest_due_at = TIME_NONE,
	};
	store_id(s, &h->id, ID_HOOK, db_col_time(q, 1), h->key);
	if (!h->enabled) {
		h->held += due + waiting;
		return;
	}
	h->due = due;
	h->waiting = waiting;
	h->oldest_due_at = db_col_time(q, 9);
}

enum err store_health_hooks(struct store *s, struct arena *arena,
			    const struct id *organization,
			    struct store_health **list, size_t *n)
{
	struct store_health *rows;
	struct db_stmt *q;
	size_t count = 0;
	int64_t now;
	enum err e = store_now(s, &now);

	if (!e)
		e = db_query(s->db, select_hooks,
			     DB_ARGS(db_time(now), db_time(now), db_time(now),
				     db_bytes(organization->b, ID_SIZE)),
			     &q);
	if (e)
		return e;
	rows = arena_alloc(arena, (db_rows(q) + 1) * sizeof(*rows));
	while (db_next(q))
		read_hook(s, q, &rows[count++]);
	*list = rows;
	*n = count;
	return ERR_OK;
}

enum err store_health_queued(struct store *s, const struct id *organization,
			     uint64_t *count, int64_t *oldest_at)
{
	struct db_stmt *q;
	enum err e = db_query(s->db,
			      "SELECT COUNT(*), MIN(created_at) "
			      "FROM notifications WHERE state = 'queued' AND "
			      "organization = ?",
			      DB_ARGS(db_bytes(organization->b, ID_SIZE)), &q);

	if (e)
		return e;
	while (db_next(q)) {
		*count = db_col_uint(q, 0);
		*oldest_at = db_col_time(q, 1);
	}
	return ERR_OK;
}
