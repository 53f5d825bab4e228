/* SPDX-License-Identifier: MIT */
/*
 * store_hook: creates a hook, if the organization may have another one.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "store/store.h"
#include "store/store_col.h"
#include "store/store_hook.h"
#include "store/store_match.h"
#include "store/store_secret.h"
#include "store/vault_headers.h"

/* So many processes may create hooks at the same time without seeing each
 * other's. */
enum { TOGETHER = 64 };

static const char count_hooks[] =
	"SELECT COUNT(*) FROM vh_hooks WHERE organization = ? AND "
	"deleted_at IS NULL";
/* A second creator at the same time waits until this hook is committed. */
static const char count_and_lock[] =
	"SELECT COUNT(*) FROM vh_hooks WHERE organization = ? AND "
	"deleted_at IS NULL FOR UPDATE";

/* How many more hooks fit; ERR_LIMIT: none. */
static enum err count_room(struct db *db, const char *sql, const struct id *of,
			   uint64_t max, uint64_t *room)
{
	struct db_stmt *q;
	uint64_t n = 0;
	enum err e = db_query(db, sql, DB_ARGS(store_col_of(of)), &q);

	while (!e && db_next(q))
		n = db_col_uint(q, 0);
	*room = n < max ? max - n : 0;
	return !e && !*room ? ERR_LIMIT : e;
}

struct creation {
	struct store *s;
	struct store_hook *hook; /* gets its key */
	const char *secret;
	uint64_t max;
	bool close; /* near the limit: one after the other */
};

/* Counting hooks while others are inserted reads the versions of each row: with
 * forty such processes, creating a hook took a third longer. */
static enum err check_hook_limit(struct creation *c)
{
	static const struct headroom_rule rule = {.part = TOGETHER};
	struct store *s = c->s;
	const struct id *of = &c->hook->organization;
	int64_t now = clock_monotonic();
	uint64_t room;
	enum err e;

	if (headroom_tells(&s->hooks, of, &rule, 1, now, &room))
		return ERR_OK;
	e = count_room(s->db, count_hooks, of, c->max, &room);
	if (!e)
		headroom_keep(&s->hooks, of, room, now);
	c->close = room < TOGETHER;
	return e;
}

/* `headers`: as they are stored, unless they are encrypted, for which the
 * hook's key must be known. */
static enum err insert_hook(struct db *db, const struct store_hook *h,
			    const char *headers)
{
	return db_exec(
		db,
		"INSERT INTO vh_hooks (organization, target_url, action, "
		"scope, "
		"user, description, headers, batch_size, rate_limit, ordered, "
		"enabled, created_at, updated_at) VALUES "
		"(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		DB_ARGS(store_col_of(&h->organization), db_text(h->target_url),
			db_text(h->action),
			db_text(h->user ? "user" : "organization"),
			db_text(h->user), db_text(h->description),
			db_text(headers), db_uint(h->batch_size),
			db_uint(h->rate_limit), db_int(h->ordered),
			db_int(h->enabled), db_time(h->created_at),
			db_time(h->updated_at)));
}

static enum err add_sealed_headers(struct store *s, uint64_t key,
				   const char *headers)
{
	struct arena arena;
	enum err e;

	arena_init(&arena);
	e = db_exec(s->db, "UPDATE vh_hooks SET headers = ? WHERE id = ?",
		    DB_ARGS(db_text(vault_headers_seal(
				    &arena, conf_secrets_key(s->conf), key,
				    headers)),
			    db_uint(key)));
	arena_release(&arena);
	return e;
}

static enum err create_body(struct db *db, void *arg)
{
	struct creation *c = arg;
	const char *headers = c->hook->headers;
	bool sealed = headers && c->s->conf->secrets.has_key;
	uint64_t room;
	enum err e = ERR_OK;

	if (c->close)
		e = count_room(db, count_and_lock, &c->hook->organization,
			       c->max, &room);
	if (!e)
		e = insert_hook(db, c->hook, sealed ? NULL : headers);
	if (e)
		return e;
	c->hook->key = db_insert_id(db);
	if (sealed)
		e = add_sealed_headers(c->s, c->hook->key, headers);
	if (!e)
		e = db_exec(db, "INSERT INTO vh_lanes (hook_id) VALUES (?)",
			    DB_ARGS(db_uint(c->hook->key)));
	if (!e)
		e = store_secret_add(c->s, c->hook->key, c->secret,
				     c->hook->created_at);
	return e ? e : store_match_begin(c->s, c->hook);
}

enum err store_hook_create(struct store *s, struct store_hook *hook,
			   const char *secret, uint64_t max)
{
	struct creation c = {
		.s = s, .hook = hook, .secret = secret, .max = max};
	enum err e = check_hook_limit(&c);

	hook->version = 1;
	if (!e)
		e = db_tx(s->db, DB_ONCE, create_body, &c);
	if (e)
		return e;
	headroom_added(&s->hooks, &hook->organization, 1);
	store_hook_forgive(hook);
	store_id(s, &hook->id, ID_HOOK, hook->created_at, hook->key);
	return ERR_OK;
}
