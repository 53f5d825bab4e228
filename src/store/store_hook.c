/* SPDX-License-Identifier: MIT */
/*
 * store_hook: rows of `vh_hooks`, and the row in `vh_lanes` that each of them
 * has.
 */
#include "store/store_hook.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/store.h"
#include "store/store_col.h"
#include "store/store_lane.h"
#include "store/store_match.h"
#include "store/store_secret.h"
#include "store/store_walk.h"
#include "store/vault_headers.h"

enum { LIST_STEP = 1000 }; /* rows of one statement */

/* With the columns of read_hook(), in its order. */
#define SELECT                                                                 \
	"SELECT h.id, h.organization, h.target_url, h.action, "                \
	"h.description, h.headers, h.disabled_reason, h.user, "                \
	"h.batch_size, h.rate_limit, h.ordered, h.enabled, h.created_at, "     \
	"h.updated_at, h.version, UTC_TIMESTAMP(3), l.failing_since, "         \
	"l.suspended_until, l.put_off, f.id, f.created_at, a.status, a.error " \
	"FROM vh_hooks h LEFT JOIN vh_lanes l ON l.hook_id = h.id "            \
	"LEFT JOIN vh_deliveries f ON f.id = (SELECT d.id FROM vh_deliveries " \
	"d FORCE INDEX (lane) WHERE d.lane = h.id AND l.failing_since IS NOT " \
	"NULL ORDER BY d.due_at, d.id LIMIT 1) "                               \
	"LEFT JOIN vh_attempts a ON a.delivery_id = f.id AND "                 \
	"a.attempt = f.attempts "

static void read_standing(const struct store *s, struct db_stmt *q,
			  struct arena *arena, struct store_hook *h)
{
	h->lane.now = db_col_time(q, 15);
	h->lane.failing_since = db_col_time(q, 16);
	h->lane.suspended_until = db_col_time(q, 17);
	h->lane.put_off = db_col_int(q, 18) != 0;
	h->lane.tried = !db_col_null(q, 21) || !db_col_null(q, 22);
	if (!db_col_null(q, 19))
		store_id(s, &h->lane.first, ID_DELIVERY, db_col_time(q, 20),
			 db_col_uint(q, 19));
	h->lane.status = (unsigned)db_col_uint(q, 21);
	h->lane.error = store_col_text_null(q, 22, arena);
}

static void read_hook(const struct store *s, struct db_stmt *q,
		      struct arena *arena, struct store_hook *h)
{
	*h = (struct store_hook){
		.key = db_col_uint(q, 0),
		.target_url = store_col_text(q, 2, arena),
		.action = store_col_text(q, 3, arena),
		.description = store_col_text(q, 4, arena),
		.headers = store_col_text_null(q, 5, arena),
		.disabled_reason = store_col_text_null(q, 6, arena),
		.user = store_col_text_null(q, 7, arena),
		.batch_size = (unsigned)db_col_uint(q, 8),
		.rate_limit = (unsigned)db_col_uint(q, 9),
		.ordered = db_col_int(q, 10) != 0,
		.enabled = db_col_int(q, 11) != 0,
		.created_at = db_col_time(q, 12),
		.updated_at = db_col_time(q, 13),
		.version = db_col_uint(q, 14),
	};
	(void)vault_headers_open(arena, conf_secrets_key(s->conf), h->key,
				 h->headers, &h->headers);
	h->organization = store_col_id(q, 1);
	store_id(s, &h->id, ID_HOOK, h->created_at, h->key);
	read_standing(s, q, arena, h);
}

struct standing store_hook_standing(const struct store_hook *h)
{
	const struct standing_facts facts = {
		.enabled = h->enabled,
		.ordered = h->ordered,
		.now = h->lane.now,
		.updated_at = h->updated_at,
		.failing_since = h->lane.failing_since,
		.suspended_until = h->lane.suspended_until,
		.put_off = h->lane.put_off,
	};

	return standing_of(&facts);
}

void store_hook_forgive(struct store_hook *hook)
{
	hook->lane.failing_since = hook->lane.suspended_until = TIME_NONE;
	hook->lane.put_off = hook->lane.tried = false;
}

/* ---- reading ---- */

enum err store_hook_get(struct store *s, struct arena *arena,
			const struct id *organization, const struct id *id,
			struct store_hook *out)
{
	struct store_hook hook;
	struct db_stmt *q;
	bool found = false;
	int64_t created_s;
	uint64_t key;
	enum err e = db_connect(s->db); /* the site is known once connected */

	if (e)
		return e;
	if (!store_key(s, id, ID_HOOK, &key, &created_s))
		return ERR_NOT_FOUND;
	e = db_query(s->db,
		     SELECT "WHERE h.id = ? AND h.organization = ? AND "
			    "h.deleted_at IS NULL",
		     DB_ARGS(db_uint(key), store_col_of(organization)), &q);
	while (!e && db_next(q)) {
		read_hook(s, q, arena, &hook);
		found = id_equal(&hook.id, id);
	}
	if (!e && !found)
		e = ERR_NOT_FOUND;
	if (!e)
		*out = hook;
	return e;
}

enum err store_hook_newest_url(struct store *s, struct arena *arena,
			       const char **url)
{
	struct db_stmt *q;
	enum err e =
		db_query(s->db,
			 "SELECT target_url FROM vh_hooks WHERE enabled = 1 "
			 "AND deleted_at IS NULL ORDER BY id DESC LIMIT 1",
			 DB_NONE, &q);

	*url = NULL;
	while (!e && db_next(q))
		*url = store_col_text(q, 0, arena);
	return e;
}

enum err store_hook_lock(struct store *s, uint64_t key)
{
	struct db_stmt *q;
	enum err e = db_query(s->db,
			      "SELECT id FROM vh_hooks WHERE id = ? AND "
			      "deleted_at IS NULL LOCK IN SHARE MODE",
			      DB_ARGS(db_uint(key)), &q);

	return !e && !db_rows(q) ? ERR_NOT_FOUND : e;
}

struct hook_list {
	const struct id *organization;
	const struct store_hook_query *query;
	uint64_t after; /* the last key that was read */
	struct store_hook *hooks;
	size_t count, room, limit;
};

static bool is_asked_for(const struct hook_list *l, const struct store_hook *h)
{
	const char *state = l->query->state;

	return !state ||
	       strcmp(standing_name(store_hook_standing(h).is), state) == 0;
}

static void keep_hook(struct hook_list *l, struct arena *arena,
		      const struct store_hook *h)
{
	struct store_hook *hooks = l->hooks;

	if (l->count == l->room) {
		l->room = l->room ? l->room * 2 : 64;
		l->hooks = arena_alloc(arena, l->room * sizeof(*hooks));
		if (hooks)
			memcpy(l->hooks, hooks, l->count * sizeof(*hooks));
	}
	l->hooks[l->count++] = *h;
}

/* `end`: there are no more. */
static enum err list_hooks_on(struct store *s, struct arena *arena,
			      struct hook_list *l, bool *end)
{
	const char *action = l->query->action;
	size_t left = l->limit + 1 - l->count;
	size_t want = left < LIST_STEP ? left : LIST_STEP;
	struct store_hook hook;
	struct db_stmt *q;
	enum err e;

	e = db_query(s->db,
		     SELECT "WHERE h.organization = ? AND h.deleted_at IS "
			    "NULL AND h.id > ? AND " STORE_IS_ACTION
			    " ORDER BY h.id LIMIT ?",
		     DB_ARGS(store_col_of(l->organization), db_uint(l->after),
			     db_text(action), db_text(action), db_uint(want)),
		     &q);
	if (e)
		return e;
	*end = db_rows(q) < want;
	while (db_next(q)) {
		read_hook(s, q, arena, &hook);
		l->after = hook.key;
		if (is_asked_for(l, &hook))
			keep_hook(l, arena, &hook);
	}
	return ERR_OK;
}

enum err store_hook_list(struct store *s, struct arena *arena,
			 const struct id *organization,
			 const struct store_hook_query *query,
			 struct store_hook **list, size_t *count, bool *more)
{
	static const char cursor[] =
		"SELECT h.created_at, h.organization = ?, "
		"(SELECT MAX(id) FROM vh_hooks) FROM (SELECT 1) one "
		"LEFT JOIN vh_hooks h ON h.id = ?";
	struct hook_list l = {
		.organization = organization,
		.query = query,
		.limit = query->limit ? query->limit : INT32_MAX,
	};
	bool end = false;
	enum err e = ERR_OK;

	if (query->after)
		e = store_cursor(s, cursor, organization, query->after, ID_HOOK,
				 &l.after);
	while (!e && !end && l.count <= l.limit)
		e = list_hooks_on(s, arena, &l, &end);
	if (e)
		return e;
	*list = l.hooks;
	*count = l.count < l.limit ? l.count : l.limit;
	*more = l.count > l.limit;
	return ERR_OK;
}

/* Counted by the facts that decide; the times are flags here. */
enum err store_hook_standings(struct store *s, uint64_t count[STANDING_MAX])
{
	enum { NOW = 1 };
	struct db_stmt *q;
	enum err e = db_query(
		s->db,
		"SELECT h.enabled, h.ordered, "
		"l.suspended_until > UTC_TIMESTAMP(3) AS waits, l.put_off, "
		"l.failing_since IS NOT NULL AS fails, COUNT(*) "
		"FROM vh_hooks h LEFT JOIN vh_lanes l ON l.hook_id = h.id "
		"WHERE h.deleted_at IS NULL "
		"GROUP BY h.enabled, h.ordered, waits, l.put_off, fails",
		DB_NONE, &q);

	if (e)
		return e;
	memset(count, 0, STANDING_MAX * sizeof(*count));
	while (db_next(q)) {
		const struct standing_facts facts = {
			.enabled = db_col_int(q, 0) != 0,
			.ordered = db_col_int(q, 1) != 0,
			.now = NOW,
			.suspended_until =
				db_col_int(q, 2) ? NOW + 1 : TIME_NONE,
			.put_off = db_col_int(q, 3) != 0,
			.failing_since = db_col_int(q, 4) ? NOW : TIME_NONE,
		};

		count[standing_of(&facts).is] += db_col_uint(q, 5);
	}
	return ERR_OK;
}

/* ---- changing ---- */

static enum err set_row(struct db *db, const struct store_hook *h,
			const char *headers, uint64_t seen)
{
	enum err e = db_exec(
		db,
		"UPDATE vh_hooks SET target_url = ?, action = ?, scope = ?, "
		"user = ?, description = ?, headers = ?, batch_size = ?, "
		"rate_limit = ?, ordered = ?, enabled = ?, "
		"disabled_reason = ?, updated_at = ?, version = ? "
		"WHERE id = ? AND version = ? AND deleted_at IS NULL",
		DB_ARGS(db_text(h->target_url), db_text(h->action),
			db_text(h->user ? "user" : "organization"),
			db_text(h->user), db_text(h->description),
			db_text(headers), db_uint(h->batch_size),
			db_uint(h->rate_limit), db_int(h->ordered),
			db_int(h->enabled), db_text(h->disabled_reason),
			db_time(h->updated_at), db_uint(h->version),
			db_uint(h->key), db_uint(seen)));

	return !e && db_affected(db) == 0 ? ERR_CONFLICT : e;
}

static enum err compare_and_set(struct store *s, const struct store_hook *h,
				uint64_t seen)
{
	struct arena arena;
	enum err e;

	arena_init(&arena);
	e = set_row(s->db, h,
		    vault_headers_seal(&arena, conf_secrets_key(s->conf),
				       h->key, h->headers),
		    seen);
	arena_release(&arena);
	return e;
}

/* Earlier failures must not count against the changed hook. */
static enum err wake_lane(struct db *db, uint64_t hook)
{
	return db_exec(db,
		       "UPDATE vh_lanes SET next_at = UTC_TIMESTAMP(3), "
		       "failures = 0, suspended_until = NULL, put_off = 0, "
		       "failing_since = NULL, failed_at = NULL, "
		       "failed_attempts = 0 "
		       "WHERE hook_id = ? AND owner IS NULL",
		       DB_ARGS(db_uint(hook)));
}

struct update {
	struct store *s;
	const struct store_hook_change *change;
};

static enum err update_body(struct db *db, void *arg)
{
	const struct update *u = arg;
	const struct store_hook_change *c = u->change;
	enum err e = ERR_OK;

	if (c->anew)
		e = store_lane_lock(u->s, &c->hook->key, 1);
	if (!e)
		e = compare_and_set(u->s, c->hook, c->seen);
	if (!e && c->other)
		e = store_match_begin(u->s, c->hook);
	if (!e && c->anew)
		e = wake_lane(db, c->hook->key);
	if (!e && c->secret)
		e = store_secret_replace(u->s, c->hook->key, c->secret,
					 c->overlap, c->hook->updated_at);
	return e;
}

enum err store_hook_update(struct store *s,
			   const struct store_hook_change *change)
{
	struct update u = {.s = s, .change = change};

	if (!change->anew && !change->other && !change->secret)
		return compare_and_set(s, change->hook, change->seen);
	return db_tx(s->db, DB_REPEAT, update_body, &u);
}

/* ---- deleting ---- */

struct deletion {
	struct store *s;
	const struct id *organization;
	uint64_t key;
	int64_t created_s, now;
	uint64_t seen; /* STORE_HOOK_ANY */
};

/* When it is repeated after a COMMIT without an answer, it finds its own
 * mark. */
static enum err mark_deleted(struct db *db, const struct deletion *d)
{
	int64_t from = d->created_s * 1000;
	enum err e =
		db_exec(db,
			"UPDATE vh_hooks SET deleted_at = ? WHERE id = ? AND "
			"organization = ? AND created_at BETWEEN ? AND ? AND "
			"(deleted_at IS NULL OR deleted_at = ?) AND "
			"? IN (0, version)",
			DB_ARGS(db_time(d->now), db_uint(d->key),
				store_col_of(d->organization), db_time(from),
				db_time(from + 999), db_time(d->now),
				db_uint(d->seen)));

	if (e || db_affected(db))
		return e;
	return d->seen == STORE_HOOK_ANY ? ERR_NOT_FOUND : ERR_CONFLICT;
}

static enum err delete_body(struct db *db, void *arg)
{
	const struct deletion *d = arg;
	const uint64_t lanes[] = {d->key,
				  store_lane_number(STORE_LANE_PING, d->key)};
	bool more = false;
	enum err e = store_lane_lock(d->s, lanes, 2);

	if (!e)
		e = mark_deleted(db, d);
	if (!e)
		e = store_match_end(d->s, &d->key, 1);
	if (!e)
		e = store_lane_cancel(d->s, d->key, &more);
	if (!e && more)
		e = wake_lane(db, d->key);
	return e;
}

enum err store_hook_delete(struct store *s, const struct id *organization,
			   const struct id *id, int64_t now, uint64_t seen)
{
	struct deletion d = {
		.s = s, .organization = organization, .now = now, .seen = seen};
	enum err e = db_connect(s->db);

	if (e)
		return e;
	if (!store_key(s, id, ID_HOOK, &d.key, &d.created_s))
		return ERR_NOT_FOUND;
	return db_tx(s->db, DB_REPEAT, delete_body, &d);
}
