/* SPDX-License-Identifier: MIT */
/*
 * store_delivery_list: the deliveries of a page. Pending, failed and held ones
 * are in lanes, and if these are short enough, the page is taken from them;
 * everything else is a walk (store_walk.h).
 */
#include "store/store_col.h"
#include "store/store_delivery.h"

#include <string.h>

#include "base/mem.h"
#include "store/store.h"
#include "store/store_lane.h"
#include "store/store_walk.h"

enum {
	LANES_MAX = 5000,     /* hooks whose lanes are searched */
	LANE_ROWS_MAX = 20000 /* rows in them */
};

struct search {
	struct store_walk walk;
	uint64_t hook, notification; /* 0: of any */
};

/* ---- the walk ---- */

/* Values: action twice, whether there is a condition on the last attempt, its
 * status from and to, its error, since twice, until twice. */
#define REST                                                                   \
	"(CAST(? AS BINARY) = '' OR EXISTS(SELECT 1 FROM vh_notifications n "  \
	"FORCE INDEX (PRIMARY) WHERE "                                         \
	"n.id = d.notification_id AND n.action = CAST(? AS BINARY))) "         \
	"AND (? = 0 OR EXISTS(SELECT 1 FROM vh_attempts a "                    \
	"FORCE INDEX (PRIMARY) WHERE a.delivery_id = d.id AND "                \
	"a.attempt = d.attempts AND "                                          \
	"(a.status BETWEEN ? AND ? OR a.error = ?))) "                         \
	"AND (? IS NULL OR d.created_at >= ?) "                                \
	"AND (? IS NULL OR d.created_at < ?)"

/* Values: state twice, hook twice, those of REST, the value of `of`, below,
 * rows. */
#define LOOK(index, of, order)                                                 \
	"SELECT STRAIGHT_JOIN d.id, d.created_at, "                            \
	"(? = '' OR " STORE_DELIVERY_STATE_SQL " = ?) AND "                    \
	"(? = 0 OR d.hook_id = ?) AND " REST " "                               \
	"FROM vh_deliveries d FORCE INDEX (" index ") "                        \
	"JOIN vh_hooks h FORCE INDEX (PRIMARY) ON h.id = d.hook_id WHERE " of  \
	" = ? AND d.id < ? "                                                   \
	"ORDER BY " order " DESC LIMIT ?"

#define BEHIND(index, of)                                                      \
	"SELECT id, created_at FROM vh_deliveries d FORCE INDEX (" index ") "  \
	"WHERE " of " = ? AND id > ? ORDER BY id LIMIT 1"

static bool of_last(const struct store_filter *f)
{
	return f->status_from || f->error;
}

static struct db_value rows_of(const struct search *s)
{
	if (s->notification)
		return db_uint(s->notification);
	return s->hook ? db_uint(s->hook) : store_col_of(s->walk.organization);
}

static const char *look_sql(const struct search *s)
{
	static const char by_hook[] = LOOK("hook", "d.hook_id", "d.id");
	static const char by_organization[] =
		LOOK("organization", "d.organization", "d.id");
	/* One statement inserted them, in the order of the hooks, so the index
	 * has them in the order of their keys. */
	static const char by_notification[] =
		LOOK("fanout", "d.notification_id", "d.hook_id");

	if (s->notification)
		return by_notification;
	return s->hook ? by_hook : by_organization;
}

static enum err look_deliveries(void *arg, uint64_t below, size_t rows,
				struct db_stmt **q)
{
	const struct search *s = arg;
	const struct store_filter *f = s->walk.f;

	return db_query(s->walk.s->db, look_sql(s),
			DB_ARGS(db_text(f->state), db_text(f->state),
				db_uint(s->hook), db_uint(s->hook),
				db_text(f->action), db_text(f->action),
				db_int(of_last(f)), db_uint(f->status_from),
				db_uint(f->status_to), db_text(f->error),
				db_time(f->since), db_time(f->since),
				db_time(f->until), db_time(f->until),
				rows_of(s), db_uint(below), db_uint(rows)),
			q);
}

static enum err skip_younger(struct search *s)
{
	static const char by_hook[] = BEHIND("hook", "d.hook_id");
	static const char by_organization[] =
		BEHIND("organization", "d.organization");

	if (s->notification)
		return ERR_OK; /* all have the same age */
	return store_walk_until(&s->walk, s->hook ? by_hook : by_organization,
				rows_of(s));
}

/* ---- the lanes ---- */

#define KINDS                                                                  \
	"(SELECT CAST(0 AS UNSIGNED) AS kind UNION ALL "                       \
	"SELECT CAST(" STORE_LANE_PING_SQL " AS UNSIGNED) UNION ALL "          \
	"SELECT CAST(" STORE_LANE_FAILED_SQL " AS UNSIGNED) UNION ALL "        \
	"SELECT CAST(" STORE_LANE_HELD_SQL " AS UNSIGNED)) k "

/* The state of the rows in a hook's lanes, by kind. Value: the state. */
#define IN_LANES                                                               \
	"CASE ? WHEN 'failed' THEN k.kind = " STORE_LANE_FAILED_SQL " "        \
	"WHEN 'pending' THEN h.deleted_at IS NULL AND "                        \
	"(k.kind = 0 AND h.enabled OR k.kind = " STORE_LANE_PING_SQL ") "      \
	"WHEN 'held' THEN h.deleted_at IS NULL AND "                           \
	"(k.kind = 0 AND NOT h.enabled OR k.kind = " STORE_LANE_HELD_SQL ") "  \
	"END "

#define FROM_LANES                                                             \
	"FROM vh_hooks h FORCE INDEX (organization) JOIN " KINDS               \
	"JOIN vh_deliveries d FORCE INDEX (lane) ON d.lane = h.id + k.kind "   \
	"WHERE h.organization = ? AND (? = 0 OR h.id = ?) AND " IN_LANES

static enum err count_matches(struct store *s, const char *sql,
			      const struct db_value *args, size_t n,
			      uint64_t *out)
{
	struct db_stmt *q;
	enum err e = db_query(s->db, sql, args, n, &q);

	while (!e && db_next(q))
		*out = db_col_uint(q, 0);
	return e;
}

/* Whether the lanes have so few rows that all can be looked at. */
static enum err lanes_are_short(const struct search *s, bool *is_short)
{
	const struct store_walk *w = &s->walk;
	uint64_t hooks = 0, rows = 0;
	enum err e;

	e = count_matches(
		w->s,
		"SELECT COUNT(*) FROM (SELECT 1 FROM vh_hooks "
		"WHERE organization = ? LIMIT ?) h",
		DB_ARGS(store_col_of(w->organization), db_int(LANES_MAX + 1)),
		&hooks);
	if (!e && hooks <= LANES_MAX)
		e = count_matches(w->s,
				  "SELECT COUNT(*) FROM (SELECT STRAIGHT_JOIN "
				  "1 " FROM_LANES "LIMIT ?) d",
				  DB_ARGS(store_col_of(w->organization),
					  db_uint(s->hook), db_uint(s->hook),
					  db_text(w->f->state),
					  db_int(LANE_ROWS_MAX + 1)),
				  &rows);
	*is_short = hooks <= LANES_MAX && rows <= LANE_ROWS_MAX;
	return e;
}

static enum err pick(struct search *s, struct arena *arena)
{
	struct store_walk *w = &s->walk;
	const struct store_filter *f = w->f;
	struct db_stmt *q;
	enum err e = db_query(
		w->s->db,
		"SELECT STRAIGHT_JOIN d.id, d.created_at " FROM_LANES
		"AND d.id < ? AND " REST " ORDER BY d.id DESC LIMIT ?",
		DB_ARGS(store_col_of(w->organization), db_uint(s->hook),
			db_uint(s->hook), db_text(f->state), db_uint(w->below),
			db_text(f->action), db_text(f->action),
			db_int(of_last(f)), db_uint(f->status_from),
			db_uint(f->status_to), db_text(f->error),
			db_time(f->since), db_time(f->since), db_time(f->until),
			db_time(f->until), db_uint(f->limit + 1)),
		&q);

	if (e)
		return e;
	w->key = arena_alloc(arena, f->limit * sizeof(*w->key));
	w->more = db_rows(q) > f->limit;
	while (w->count < f->limit && db_next(q)) {
		w->key[w->count++] = w->last = db_col_uint(q, 0);
		w->last_at = db_col_time(q, 1);
	}
	return ERR_OK;
}

static bool is_in_lanes(const char *state)
{
	return strcmp(state, "failed") == 0 || strcmp(state, "pending") == 0 ||
	       strcmp(state, "held") == 0;
}

/* ---- a page ---- */

static enum err search(struct search *s, struct arena *arena)
{
	bool lanes = !s->notification && is_in_lanes(s->walk.f->state);
	enum err e = ERR_OK;

	if (lanes)
		e = lanes_are_short(s, &lanes);
	if (e)
		return e;
	if (lanes)
		return pick(s, arena);
	e = skip_younger(s);
	return e ? e : store_walk(arena, &s->walk);
}

static enum err begin_search(struct search *s)
{
	static const char cursor[] =
		"SELECT d.created_at, d.organization = ?, "
		"(SELECT MAX(id) FROM vh_deliveries) FROM (SELECT 1) one "
		"LEFT JOIN vh_deliveries d ON d.id = ?";
	struct store_walk *w = &s->walk;
	enum err e = store_walk_begin(w, cursor);

	if (!e && w->f->hook)
		e = store_walk_only(w,
				    "SELECT created_at FROM vh_hooks "
				    "WHERE id = ? AND organization = ?",
				    w->f->hook, ID_HOOK, &s->hook);
	if (!e && w->f->notification)
		e = store_walk_only(w,
				    "SELECT created_at FROM vh_notifications "
				    "WHERE id = ? AND organization = ?",
				    w->f->notification, ID_NOTIFICATION,
				    &s->notification);
	return e;
}

/* Rows that are read by their keys come oldest first. */
static enum err read_delivery_page(const struct store_walk *w,
				   struct arena *arena,
				   struct store_delivery **list, size_t *count)
{
	struct store_delivery *rows;
	enum err e;

	*count = 0;
	if (!w->count)
		return ERR_OK;
	e = store_delivery_keys(w->s, arena, w->key, w->count, list, count);
	rows = *list;
	for (size_t i = 0; !e && i < *count / 2; i++) {
		struct store_delivery swap = rows[i];

		rows[i] = rows[*count - 1 - i];
		rows[*count - 1 - i] = swap;
	}
	return e;
}

enum err store_delivery_list(struct store *s, struct arena *arena,
			     const struct id *organization,
			     const struct store_filter *f,
			     struct store_delivery **list, size_t *count,
			     struct store_more *more)
{
	struct search l = {.walk = {.s = s,
				    .f = f,
				    .organization = organization,
				    .kind = ID_DELIVERY,
				    .look = look_deliveries,
				    .arg = &l}};
	enum err e = begin_search(&l);

	if (!e)
		e = search(&l, arena);
	if (!e)
		e = read_delivery_page(&l.walk, arena, list, count);
	if (!e)
		store_walk_end(&l.walk, more);
	return e;
}
