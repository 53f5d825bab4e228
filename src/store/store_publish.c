/* SPDX-License-Identifier: MIT */
/*
 * store_publish: rows of `vh_notifications` and of `vh_idempotency_keys`.
 */
#include "store/store_publish.h"

#include <string.h>

#include "base/clock.h"
#include "store/store.h"
#include "store/store_col.h"
#include "store/store_schedule.h"

/* How often at most a key is found in use whose holder then gives it up. */
enum { TRIES = 5 };
/* A step that takes longer has waited for somebody: for the key alone, or in
 * all. */
enum { KEY_MS = 5, LONG_MS = 100 };

struct publishing {
	struct store *s;
	const struct store_publish *p;
	uint64_t keys[STORE_PUBLISH_MAX];
};

/* ---- scheduled notifications ---- */

bool store_publish_is_later(const struct store_publish *p,
			    const struct store_publication *item)
{
	return item->deliver_at != TIME_NONE && item->deliver_at > p->now;
}

size_t store_publish_later(const struct store_publish *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++)
		n += store_publish_is_later(p, &p->items[i]);
	return n;
}

/* In the order of the body: of two with one replace_key the last one stays. */
static enum err schedule(struct publishing *w)
{
	uint64_t keys[STORE_PUBLISH_MAX];
	enum err e = ERR_OK;
	size_t n = 0;

	for (size_t i = 0; i < w->p->count && !e; i++) {
		const struct store_publication *item = &w->p->items[i];

		if (item->replace_key)
			e = store_schedule_replace(
				w->s, &w->p->organization, item->replace_key,
				strlen(item->replace_key), w->keys[i]);
		else if (store_publish_is_later(w->p, item))
			keys[n++] = w->keys[i];
	}
	return e || !n ? e : store_schedule_add(w->s, keys, n);
}

/* ---- writing ---- */

/* One statement: keys are consecutive only within one. */
static enum err insert_some(struct db *db, struct publishing *w, size_t at,
			    size_t *done)
{
	enum { COLUMNS = 12, ROWS = 256 };
	struct db_value values[ROWS * COLUMNS], *v = values;
	size_t n = w->p->count - at < ROWS ? w->p->count - at : ROWS;

	for (size_t i = at; i < at + n; i++) {
		const struct store_publication *item = &w->p->items[i];

		*v++ = store_col_of(&w->p->organization);
		*v++ = db_text(item->action);
		*v++ = db_text(item->user);
		*v++ = db_bytes(item->resource, item->resource_len);
		*v++ = db_text(w->p->idempotency_key);
		*v++ = db_time(w->p->now);
		*v++ = db_uint(w->p->hops);
		*v++ = db_time(item->occurred_at);
		*v++ = db_time(item->deliver_at);
		*v++ = db_time(item->expires_at);
		*v++ = db_text(item->replace_key);
		*v++ = db_text(store_publish_is_later(w->p, item) ? "scheduled"
								  : "queued");
	}
	return db_exec_keys(
		db,
		"INSERT INTO vh_notifications (organization, action, user, "
		"resource, idempotency_key, created_at, hops, "
		"occurred_at, deliver_at, expires_at, replace_key, state, "
		"accepted_at) VALUES {(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
		"UTC_TIMESTAMP(6))}",
		values, n, COLUMNS, &w->keys[at], done);
}

/* Rows of other publishers may lie between them, so the range is stored. */
static enum err insert_used_key(struct db *db, const struct publishing *w)
{
	const struct store_publish *p = w->p;
	uint64_t first = w->keys[0], last = w->keys[p->count - 1];

	return db_exec(db,
		       "INSERT INTO vh_idempotency_keys (organization, "
		       "idempotency_key, body_hash, notification_id, "
		       "notification_count, created_at) "
		       "VALUES (?, ?, ?, ?, ?, ?)",
		       DB_ARGS(store_col_of(&p->organization),
			       db_text(p->idempotency_key),
			       db_bytes(p->body_hash, sizeof(p->body_hash)),
			       db_uint(first), db_uint(last - first + 1),
			       db_time(p->now)));
}

/* A request is accepted when it is committed: before, it may have waited for
 * another one with the same key, or for a lock. */
static enum err accept_now(struct db *db, const struct publishing *w)
{
	struct db_value list[STORE_PUBLISH_MAX];

	db_uints(list, w->keys, w->p->count);
	return db_exec_list(db,
			    "UPDATE vh_notifications SET accepted_at = "
			    "UTC_TIMESTAMP(6) WHERE id IN ({?})",
			    DB_NONE, list, w->p->count);
}

static enum err publish_body(struct db *db, void *arg)
{
	struct publishing *w = arg;
	int64_t begun = clock_monotonic(), inserted, now;
	enum err e = ERR_OK;

	for (size_t at = 0, n; at < w->p->count && !e; at += n)
		e = insert_some(db, w, at, &n);
	inserted = clock_monotonic();
	if (!e && w->p->idempotency_key)
		e = insert_used_key(db, w);
	if (!e)
		e = schedule(w);
	now = clock_monotonic();
	if (!e && (now - inserted > KEY_MS || now - begun > LONG_MS))
		e = accept_now(db, w);
	return e;
}

/* ---- a key that exists already ---- */

/* ERR_NOT_FOUND: it is free after all, or had expired and is free now. */
static enum err find_used_key(struct store *s, const struct store_publish *p,
			      uint64_t *first, uint64_t *count)
{
	struct db_stmt *q;
	int64_t created_at = p->now;
	bool same = false, found = false;
	enum err e = db_query(s->db,
			      "SELECT body_hash, notification_id, "
			      "notification_count, created_at "
			      "FROM vh_idempotency_keys WHERE organization = ? "
			      "AND idempotency_key = ?",
			      DB_ARGS(store_col_of(&p->organization),
				      db_text(p->idempotency_key)),
			      &q);

	while (!e && db_next(q)) {
		size_t n;
		const char *hash = db_col_bytes(q, 0, &n);

		found = true;
		same = n == sizeof(p->body_hash) &&
		       memcmp(hash, p->body_hash, n) == 0;
		*first = db_col_uint(q, 1);
		*count = db_col_uint(q, 2);
		created_at = db_col_time(q, 3);
	}
	if (!e && found && created_at < p->now - p->keep) {
		found = false;
		e = db_exec(s->db,
			    "DELETE FROM vh_idempotency_keys WHERE "
			    "organization = ? AND idempotency_key = ? AND "
			    "created_at = ?",
			    DB_ARGS(store_col_of(&p->organization),
				    db_text(p->idempotency_key),
				    db_time(created_at)));
	}
	if (e)
		return e;
	if (!found)
		return ERR_NOT_FOUND;
	return same ? ERR_OK : ERR_CONFLICT;
}

/* The same body means the same number of rows: there are fewer only when
 * retention has removed some, and then the first answer is lost. */
enum err store_publish_recall(struct store *s, const struct store_publish *p,
			      struct id *ids, int64_t *created_at)
{
	struct db_stmt *q;
	uint64_t first, count;
	size_t n = 0;
	enum err e = find_used_key(s, p, &first, &count);

	if (!e)
		e = db_query(
			s->db,
			"SELECT id, created_at FROM vh_notifications WHERE "
			"id BETWEEN ? AND ? AND organization = ? AND "
			"idempotency_key = ? ORDER BY id",
			DB_ARGS(db_uint(first), db_uint(first + count - 1),
				store_col_of(&p->organization),
				db_text(p->idempotency_key)),
			&q);
	if (e)
		return e;
	if (db_rows(q) != p->count)
		return ERR_CONFLICT;
	while (db_next(q)) {
		*created_at = db_col_time(q, 1);
		store_id(s, &ids[n++], ID_NOTIFICATION, *created_at,
			 db_col_uint(q, 0));
	}
	return ERR_OK;
}

enum err store_publish(struct store *s, const struct store_publish *p,
		       struct id *ids, int64_t *created_at)
{
	enum db_doubt doubt = p->idempotency_key ? DB_REPEAT : DB_ONCE;
	struct publishing w = {.s = s, .p = p};
	unsigned tries = 0;
	enum err e;

	do {
		e = db_tx(s->db, doubt, publish_body, &w);
		if (e != ERR_CONFLICT)
			break;
		e = store_publish_recall(s, p, ids, created_at);
		if (!e)
			return ERR_OK;
	} while (e == ERR_NOT_FOUND && ++tries < TRIES);
	if (e)
		return e == ERR_NOT_FOUND ? ERR_TEMP : e;
	for (size_t i = 0; i < p->count; i++)
		store_id(s, &ids[i], ID_NOTIFICATION, p->now, w.keys[i]);
	*created_at = p->now;
	return ERR_OK;
}
