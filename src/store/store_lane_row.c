/* SPDX-License-Identifier: MIT */
/*
 * store_lane_row: rows of a lane with their payload.
 */
#include "base/mem.h"
#include "base/text.h"
#include "store/store.h"
#include "store/store_col.h"
#include "store/store_lane.h"
#include "store/store_outbox.h"

/* The columns of read_lane_row(), in its order. */
#define ROW_COLUMNS                                                            \
	"d.id, d.created_at, d.due_at, d.attempts, d.tries, "                  \
	"d.maybe_duplicate, n.action, n.user, n.resource, d.batch, "           \
	"n.created_at, n.hops, d.notification_id, " STORE_DUE_SQL              \
	", " STORE_OCCURRED_SQL ", n.expires_at "

static void read_lane_row(struct db_stmt *q, struct arena *arena,
			  struct store_lane_row *r)
{
	const char *resource;

	r->key = db_col_uint(q, 0);
	r->created_at = db_col_time(q, 1);
	r->due_at = db_col_time(q, 2);
	r->attempts = (unsigned)db_col_uint(q, 3);
	r->tries = (unsigned)db_col_uint(q, 4);
	r->maybe_duplicate = db_col_int(q, 5) != 0;
	r->action = store_col_text(q, 6, arena);
	r->user = store_col_text_null(q, 7, arena);
	resource = db_col_bytes(q, 8, &r->resource_len);
	r->resource = arena_memdup(arena, resource, r->resource_len);
	r->batch = db_col_uint(q, 9);
	r->published_at = db_col_time(q, 10);
	r->hops = (unsigned)db_col_uint(q, 11);
	r->notification = db_col_uint(q, 12);
	r->accepted_at = db_col_time(q, 13);
	r->occurred_at = db_col_time(q, 14);
	r->expires_at = db_col_time(q, 15);
}

/* Whether the delivery d is due, as a condition with four values: `until` of
 * the index, `until`, resumed_at twice. The first of them bounds the search;
 * in a lane that was resumed that is the end of the lane.
 */
#define IS_DUE                                                                 \
	"d.due_at <= ? AND (d.due_at <= ? OR (? IS NOT NULL AND NOT EXISTS "   \
	"(SELECT 1 FROM vh_attempts a WHERE a.delivery_id = d.id AND "         \
	"a.started_at >= ?)))"

/* No delivery has a due time after this. */
static int64_t end_of(const struct store_lane_place *p)
{
	const int64_t longest = INT64_C(366) * 86400000;

	return p->resumed_at == TIME_NONE ? p->until : p->until + longest;
}

/* The hook is one row, found by its key: the server reads it first, and stops
 * if it has changed. Two ranges of the index, so that the search starts at the
 * place and not at the first of many rows due in the same moment. */
enum err store_lane_read(struct store *s, struct arena *arena,
			 const struct store_lane_place *p, size_t max,
			 struct store_lane_row **rows, size_t *n)
{
	struct store_lane_row *list = arena_zalloc(arena, max * sizeof(*list));
	struct db_stmt *q;
	size_t count = 0;
	enum err e;

	e = db_query(s->db,
		     "SELECT " ROW_COLUMNS
		     "FROM vh_deliveries d FORCE INDEX (lane) "
		     "JOIN vh_notifications n ON n.id = d.notification_id "
		     "JOIN vh_hooks h ON h.id = ? AND h.updated_at = ? AND "
		     "h.deleted_at IS NULL "
		     "WHERE d.lane = ? AND ((d.due_at = ? AND d.id > ?) OR "
		     "d.due_at > ?) AND " IS_DUE " "
		     "ORDER BY d.due_at, d.id LIMIT ?",
		     DB_ARGS(db_uint(store_lane_hook_key(p->lane)),
			     db_time(p->hook_updated_at), db_uint(p->lane),
			     db_time(p->after_due), db_uint(p->after_key),
			     db_time(p->after_due), db_time(end_of(p)),
			     db_time(p->until), db_time(p->resumed_at),
			     db_time(p->resumed_at), db_uint(max)),
		     &q);
	while (!e && db_next(q))
		read_lane_row(q, arena, &list[count++]);
	if (e)
		return e;
	*rows = list;
	*n = count;
	return ERR_OK;
}

/* Reads only the index. */
enum err store_lane_keys(struct store *s, const struct store_lane_place *p,
			 size_t max, uint64_t *keys, size_t *n)
{
	struct db_stmt *q;
	enum err e;

	e = db_query(s->db,
		     "SELECT d.id FROM vh_deliveries d FORCE INDEX (lane) "
		     "WHERE d.lane = ? AND " IS_DUE " "
		     "ORDER BY d.due_at, d.id LIMIT ?",
		     DB_ARGS(db_uint(p->lane), db_time(end_of(p)),
			     db_time(p->until), db_time(p->resumed_at),
			     db_time(p->resumed_at), db_uint(max)),
		     &q);
	if (!e)
		store_col_keys(q, keys, n);
	return e;
}

enum err store_lane_pick(struct store *s, struct arena *arena,
			 const struct store_lane_place *p, const uint64_t *keys,
			 size_t count, struct store_lane_row **rows, size_t *n)
{
	struct store_lane_row *all = arena_zalloc(arena, count * sizeof(*all));
	struct db_value list[DB_LIST_MAX];
	struct db_stmt *q;
	size_t found = 0;
	enum err e = ERR_OK;

	db_uints(list, keys, count);
	if (count)
		e = db_query_list(
			s->db,
			"SELECT " ROW_COLUMNS "FROM vh_deliveries d "
			"JOIN vh_notifications n ON n.id = d.notification_id "
			"JOIN vh_hooks h ON h.id = ? AND h.updated_at = ? AND "
			"h.deleted_at IS NULL "
			"WHERE d.lane = ? AND d.id IN ({?}) "
			"ORDER BY d.due_at, d.id",
			DB_ARGS(db_uint(store_lane_hook_key(p->lane)),
				db_time(p->hook_updated_at), db_uint(p->lane)),
			list, count, &q);
	while (count && !e && db_next(q))
		read_lane_row(q, arena, &all[found++]);
	if (e)
		return e;
	*rows = all;
	*n = found;
	return ERR_OK;
}

/* No index has batches: the members are searched for among the hook's rows. */
enum err store_lane_recall(struct store *s, struct arena *arena, uint64_t hook,
			   uint64_t batch, uint64_t key,
			   struct store_lane_row **rows, size_t *n)
{
	static const char alone[] =
		"SELECT " ROW_COLUMNS
		"FROM vh_deliveries d JOIN vh_notifications n "
		"ON n.id = d.notification_id WHERE d.hook_id = ? AND d.id = ?";
	static const char of_batch[] =
		"SELECT " ROW_COLUMNS "FROM vh_deliveries d FORCE INDEX (hook) "
		"JOIN vh_notifications n ON n.id = d.notification_id "
		"WHERE d.hook_id = ? AND d.batch = ? ORDER BY d.due_at, d.id";
	struct store_lane_row *list;
	struct db_stmt *q;
	size_t count = 0;
	enum err e = db_query(
		s->db, batch ? of_batch : alone,
		DB_ARGS(db_uint(hook), db_uint(batch ? batch : key)), &q);

	if (e)
		return e;
	list = arena_zalloc(arena, (db_rows(q) + 1) * sizeof(*list));
	while (db_next(q))
		read_lane_row(q, arena, &list[count++]);
	*rows = list;
	*n = count;
	return ERR_OK;
}

enum err store_lane_batch(struct store *s, const uint64_t *keys, size_t n)
{
	struct db_value list[DB_LIST_MAX];

	db_uints(list, keys, n);
	return db_exec_list(
		s->db, "UPDATE vh_deliveries SET batch = ? WHERE id IN ({?})",
		DB_ARGS(db_uint(keys[0])), list, n);
}
