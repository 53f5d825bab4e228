/* SPDX-License-Identifier: MIT */
/*
 * store_forget: hooks, the outbox, notifications, and then what is left of the
 * hooks.
 */
#include "store/store_forget.h"

#include "base/clock.h"
#include "store/store.h"
#include "store/store_col.h"
#include "store/store_forget_delivery.h"
#include "store/store_hook.h"
#include "store/store_outbox.h"
#include "store/store_schedule.h"
#include "store/store_stored.h"

enum {
	PAGE = 100,	   /* notifications, or hooks */
	OUTBOX_PAGE = 1000 /* rows that one statement looks at */
};

struct forgetting {
	struct store *s;
	const struct id *organization;
	const char *user;
	int64_t end;
	struct store_forgotten *done;
	bool over; /* the end has come */
};

static bool goes_on(struct forgetting *f)
{
	f->over = f->over || clock_monotonic() >= f->end;
	return !f->over;
}

/* ---- nothing more goes to the user's hooks ---- */

struct hook_page {
	uint64_t key[PAGE];
	int64_t created_at[PAGE];
	size_t count;
};

/* Those that are deleted, or the others. */
static enum err read_hooks_of_user(const struct forgetting *f, bool deleted,
				   struct hook_page *page)
{
	struct db_stmt *q;
	enum err e = db_query(
		f->s->db,
		"SELECT id, created_at FROM vh_hooks FORCE INDEX "
		"(organization) WHERE organization = ? AND user = ? AND "
		"(deleted_at IS NOT NULL) = ? LIMIT ?",
		DB_ARGS(store_col_of(f->organization), db_text(f->user),
			db_int(deleted), db_int(PAGE)),
		&q);

	page->count = 0;
	while (!e && db_next(q)) {
		page->key[page->count] = db_col_uint(q, 0);
		page->created_at[page->count++] = db_col_time(q, 1);
	}
	return e;
}

static enum err delete_hooks(struct forgetting *f)
{
	struct hook_page page = {.count = 1};
	int64_t now;
	enum err e = store_now(f->s, &now);

	while (!e && page.count && goes_on(f)) {
		e = read_hooks_of_user(f, false, &page);
		for (size_t i = 0; i < page.count && !e; i++) {
			struct id id;

			store_id(f->s, &id, ID_HOOK, page.created_at[i],
				 page.key[i]);
			e = store_hook_delete(f->s, f->organization, &id, now,
					      STORE_HOOK_ANY);
			if (e == ERR_NOT_FOUND)
				e = ERR_OK; /* somebody else did it */
		}
	}
	return e;
}

/* ---- the outbox ---- */

struct outbox_page {
	uint64_t key[OUTBOX_PAGE];
	size_t count;
	uint64_t last; /* key that was looked at */
	bool more;
};

/* A plain read, which waits for nobody. */
static enum err read_outbox_page(const struct forgetting *f,
				 struct outbox_page *page)
{
	struct db_stmt *q;
	enum err e = db_query(
		f->s->db,
		"SELECT id, replace_key IS NULL AND cancels IS NULL AND "
		"COALESCE(CAST(user AS BINARY) = CAST(? AS BINARY), 0) "
		"FROM vh_outbox FORCE INDEX (organization) WHERE "
		"organization = ? AND id > ? ORDER BY id LIMIT ?",
		DB_ARGS(db_text(f->user), store_col_of(f->organization),
			db_uint(page->last), db_int(OUTBOX_PAGE)),
		&q);

	page->count = 0;
	page->more = !e && db_rows(q) == OUTBOX_PAGE;
	while (!e && db_next(q)) {
		page->last = db_col_uint(q, 0);
		if (db_col_int(q, 1))
			page->key[page->count++] = page->last;
	}
	return e;
}

/* A row that was taken over meanwhile is a notification, and found as one. */
static enum err forget_outbox(struct forgetting *f)
{
	struct outbox_page page = {.more = true};
	enum err e = ERR_OK;

	while (!e && page.more && goes_on(f)) {
		e = read_outbox_page(f, &page);
		if (e || !page.count)
			continue;
		e = store_outbox_remove(f->s, page.key, page.count);
		if (!e)
			f->done->notifications += db_affected(f->s->db);
	}
	return e;
}

/* ---- notifications ---- */

struct notification_page {
	struct store *s;
	const struct id *organization;
	uint64_t key[PAGE];
	size_t count;
	bool waiting; /* one of them is queued or scheduled */
	int64_t bytes;
};

static enum err read_page_of_user(const struct forgetting *f,
				  struct notification_page *page)
{
	struct db_stmt *q;
	enum err e = db_query(
		f->s->db,
		"SELECT id, state IN ('queued', 'scheduled') FROM "
		"vh_notifications FORCE INDEX (user) WHERE organization = ? "
		"AND user = ? AND CAST(user AS BINARY) = CAST(? AS BINARY) "
		"LIMIT ?",
		DB_ARGS(store_col_of(f->organization), db_text(f->user),
			db_text(f->user), db_int(PAGE)),
		&q);

	page->count = 0;
	page->waiting = false;
	while (!e && db_next(q)) {
		page->key[page->count++] = db_col_uint(q, 0);
		page->waiting = page->waiting || db_col_int(q, 1);
	}
	return e;
}

/* A fan-out that has one of them at this moment ends first: then its deliveries
 * are there. */
static enum err halt_body(struct db *db, void *arg)
{
	const struct notification_page *page = arg;
	struct db_value list[PAGE];
	enum err e = store_schedule_remove(page->s, page->key, page->count);

	db_uints(list, page->key, page->count);
	if (!e)
		e = db_exec_list(db,
				 "UPDATE vh_notifications FORCE INDEX "
				 "(PRIMARY) SET state = 'cancelled' WHERE "
				 "state IN ('queued', 'scheduled') AND "
				 "id IN ({?})",
				 DB_NONE, list, page->count);
	return e;
}

static enum err sum_payloads(struct notification_page *page)
{
	struct db_value list[PAGE];
	struct db_stmt *q;
	enum err e;

	db_uints(list, page->key, page->count);
	e = db_query_list(page->s->db,
			  "SELECT CAST(COALESCE(SUM(LENGTH(resource)), 0) AS "
			  "SIGNED) FROM vh_notifications FORCE INDEX (PRIMARY) "
			  "WHERE id IN ({?})",
			  DB_NONE, list, page->count, &q);
	while (!e && db_next(q))
		page->bytes = db_col_int(q, 0);
	return e;
}

static enum err empty_page(struct notification_page *page)
{
	struct db_value list[PAGE];

	db_uints(list, page->key, page->count);
	return db_exec_list(page->s->db,
			    "UPDATE vh_notifications FORCE INDEX (PRIMARY) "
			    "SET erased = 1, user = NULL, resource = '', "
			    "replace_key = NULL WHERE id IN ({?})",
			    DB_NONE, list, page->count);
}

/* Of a body that holds other users' notifications, too, the key stays: a
 * repeated request must not publish those again. */
static enum err end_key(struct db *db, struct db_value org, struct db_value key)
{
	return db_exec(
		db,
		"DELETE FROM vh_idempotency_keys WHERE organization = ? AND "
		"idempotency_key = ? AND NOT EXISTS (SELECT 1 FROM "
		"vh_notifications n FORCE INDEX (PRIMARY) WHERE n.id BETWEEN "
		"notification_id AND notification_id + "
		"(notification_count - 1) * step AND n.organization = ? AND "
		"n.idempotency_key = ? AND n.erased = 0)",
		DB_ARGS(org, key, org, key));
}

/* Where a key has ended, now or by retention, it goes from all that it has
 * published: a body may be of more than one page. */
static enum err forget_key(struct notification_page *page, const char *text)
{
	struct db_value org = store_col_of(page->organization);
	struct db_value key = db_text(text), list[PAGE];
	struct db *db = page->s->db;
	uint64_t first = 0, last = 0;
	struct db_stmt *q;
	enum err e = db_query(db,
			      "SELECT notification_id, notification_id + "
			      "(notification_count - 1) * step FROM "
			      "vh_idempotency_keys WHERE organization = ? AND "
			      "idempotency_key = ?",
			      DB_ARGS(org, key), &q);

	while (!e && db_next(q)) {
		first = db_col_uint(q, 0);
		last = db_col_uint(q, 1);
	}
	if (!e)
		e = end_key(db, org, key);
	db_uints(list, page->key, page->count);
	return e ? e
		 : db_exec_list(db,
				"UPDATE vh_notifications FORCE INDEX (PRIMARY) "
				"SET idempotency_key = NULL WHERE "
				"organization = ? AND idempotency_key = ? AND "
				"NOT EXISTS (SELECT 1 FROM vh_idempotency_keys "
				"k WHERE k.organization = ? AND "
				"k.idempotency_key = ?) AND "
				"(id BETWEEN ? AND ? OR id IN ({?}))",
				DB_ARGS(org, key, org, key, db_uint(first),
					db_uint(last)),
				list, page->count);
}

static enum err scrub_body(struct db *db, void *arg)
{
	struct notification_page *page = arg;
	struct db_value list[PAGE];
	struct db_stmt *keys;
	enum err e = sum_payloads(page);

	db_uints(list, page->key, page->count);
	if (!e)
		e = db_query_list(db,
				  "SELECT DISTINCT idempotency_key FROM "
				  "vh_notifications FORCE INDEX (PRIMARY) "
				  "WHERE idempotency_key IS NOT NULL AND "
				  "id IN ({?})",
				  DB_NONE, list, page->count, &keys);
	if (!e)
		e = empty_page(page);
	while (!e && db_next(keys)) /* inside a transaction they stay */
		e = forget_key(page, db_col_text(keys, 0));
	return e;
}

/* False in `whole`: the end came before all of their deliveries were done. */
static enum err forget_page(struct forgetting *f,
			    struct notification_page *page, bool *whole)
{
	bool more = true;
	enum err e = ERR_OK;

	if (page->waiting)
		e = db_tx(f->s->db, DB_REPEAT, halt_body, page);
	while (!e && more && goes_on(f))
		e = store_forget_deliveries(f->s, page->key, page->count,
					    f->done, &more);
	*whole = !e && !more;
	return e;
}

static enum err forget_notifications(struct forgetting *f)
{
	struct notification_page page = {.s = f->s,
					 .organization = f->organization};
	bool whole = true;
	enum err e = ERR_OK;

	/* Until none is found: a round that was recording meanwhile may have
	 * published that a delivery failed. */
	while (!e && whole && goes_on(f)) {
		e = read_page_of_user(f, &page);
		if (e || !page.count)
			break;
		e = forget_page(f, &page, &whole);
		if (!e && whole)
			e = db_tx(f->s->db, DB_REPEAT, scrub_body, &page);
		if (e || !whole)
			break;
		f->done->notifications += page.count;
		store_stored_add(f->s, f->organization, -page.bytes, 0);
	}
	return e;
}

/* ---- the user's hooks ---- */

static enum err scrub_hook_body(struct db *db, void *arg)
{
	const uint64_t *hook = arg;
	enum err e = db_exec(
		db,
		"UPDATE vh_hooks SET target_url = '', user = NULL, "
		"description = '', headers = NULL, disabled_reason = NULL "
		"WHERE id = ? AND deleted_at IS NOT NULL",
		DB_ARGS(db_uint(*hook)));

	if (!e)
		e = db_exec(db, "DELETE FROM vh_hook_secrets WHERE hook_id = ?",
			    DB_ARGS(db_uint(*hook)));
	return e ? e
		 : db_exec(db, "DELETE FROM vh_alerts WHERE hook_id = ?",
			   DB_ARGS(db_uint(*hook)));
}

static enum err forget_hook(struct forgetting *f, uint64_t hook)
{
	uint64_t place = 0;
	bool more = true;
	enum err e = ERR_OK;

	while (!e && more && goes_on(f))
		e = store_forget_of_hook(f->s, hook, &place, f->done, &more);
	if (e || more)
		return e;
	e = db_tx(f->s->db, DB_REPEAT, scrub_hook_body, &hook);
	if (!e)
		f->done->hooks++;
	return e;
}

static enum err forget_hooks(struct forgetting *f)
{
	struct hook_page page = {.count = 1};
	enum err e = ERR_OK;

	while (!e && page.count && goes_on(f)) {
		e = read_hooks_of_user(f, true, &page);
		for (size_t i = 0; i < page.count && !e && goes_on(f); i++)
			e = forget_hook(f, page.key[i]);
	}
	return e;
}

/* Hooks that were the user's and are somebody else's now. What they wanted then
 * is cancelled. */
static enum err forget_wants(struct forgetting *f)
{
	uint64_t hook[PAGE];
	struct db_stmt *q;
	size_t n = 0;
	enum err e = db_query(
		f->s->db,
		"SELECT DISTINCT hook_id FROM vh_hook_actions "
		"FORCE INDEX (PRIMARY) WHERE organization = ? AND user = ? "
		"AND until IS NOT NULL LIMIT ?",
		DB_ARGS(store_col_of(f->organization), db_text(f->user),
			db_int(PAGE)),
		&q);

	if (!e)
		store_col_keys(q, hook, &n);
	for (size_t i = 0; i < n && !e; i++)
		e = db_exec(f->s->db,
			    "DELETE FROM vh_hook_actions WHERE hook_id = ? AND "
			    "user = ? AND until IS NOT NULL",
			    DB_ARGS(db_uint(hook[i]), db_text(f->user)));
	f->over = f->over || n == PAGE;
	return e;
}

/* Both hooks and notifications first stop what is still to be made. */
enum err store_forget(struct store *s, const struct id *organization,
		      const char *user, int64_t end,
		      struct store_forgotten *done, bool *more)
{
	struct forgetting f = {
		.s = s,
		.organization = organization,
		.user = user,
		.end = end,
		.done = done,
	};
	enum err e = delete_hooks(&f);

	if (!e)
		e = forget_outbox(&f);
	if (!e)
		e = forget_notifications(&f);
	if (!e)
		e = forget_hooks(&f);
	if (!e && goes_on(&f))
		e = forget_wants(&f);
	(void)store_stored_write(s);
	*more = f.over;
	return e;
}
