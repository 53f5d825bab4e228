/* SPDX-License-Identifier: MIT */
/*
 * store_purge_hook: held deliveries, and deleted hooks.
 */
#include "store/store_col.h"
#include "store/store_purge.h"

#include "rules/action.h"
#include "store/store.h"
#include "store/store_lane.h"
#include "store/store_match.h"
#include "store/store_outcome.h"

enum {
	STEP = STORE_EXPIRE_MAX, /* rows a step changes */
	HOOKS_STEP = 1000,	 /* hooks that a step looks at */
	HOOKS_MAX = 50		 /* hooks that it changes */
};

/* Failed deliveries lie in a lane of their own that nobody sends from. */
#define FAIL                                                                   \
	"SET d.state = 'failed', d.reason = 'held_too_long', "                 \
	"d.lane = d.hook_id + " STORE_LANE_FAILED_SQL ", "                     \
	"d.due_at = UTC_TIMESTAMP(3), d.finished_at = UTC_TIMESTAMP(3) "

/* The columns of a page of failing rows; without the service's own
 * notifications, which cause no other. */
#define EXPIRING                                                               \
	"SELECT d.id, d.organization, (SELECT n.action FROM vh_notifications " \
	"n "                                                                   \
	"WHERE n.id = d.notification_id) FROM vh_deliveries d "

struct page {
	struct db_value key[STEP];
	size_t count;
	struct store_failed news[STEP];
	size_t news_count;
};

static void read_failed_page(struct db_stmt *q, struct page *page)
{
	page->count = page->news_count = 0;
	while (db_next(q)) {
		struct store_failed *f = &page->news[page->news_count];

		f->organization = store_col_id(q, 1);
		f->key = db_col_uint(q, 0);
		page->key[page->count++] = db_uint(f->key);
		if (!db_col_null(q, 2) &&
		    !action_operational(db_col_text(q, 2)))
			page->news_count++;
	}
}

static enum err fail_page(struct store *s, const struct store_purge *p,
			  struct page *page)
{
	enum err e;

	if (!page->count)
		return ERR_OK;
	e = db_exec_list(s->db,
			 "UPDATE vh_deliveries d FORCE INDEX (PRIMARY) " FAIL
			 "WHERE d.id IN ({?})",
			 DB_NONE, page->key, page->count);
	if (!e && page->news_count)
		e = p->expired(s, page->news, page->news_count);
	return e;
}

/* ---- held on their own ---- */

struct held {
	struct store *s;
	const struct store_purge *p;
	struct db_value key[STEP];
	size_t count;
	uint64_t failed;
};

/* One may have become pending again meanwhile. */
static enum err held_body(struct db *db, void *arg)
{
	struct held *h = arg;
	struct page page;
	struct db_stmt *q;
	enum err e = db_query_list(db,
				   EXPIRING "FORCE INDEX (PRIMARY) WHERE "
					    "d.state = 'held' AND "
					    "d.id IN ({?}) FOR UPDATE",
				   DB_NONE, h->key, h->count, &q);

	if (e)
		return e;
	read_failed_page(q, &page);
	h->failed = page.count;
	return fail_page(h->s, h->p, &page);
}

enum err store_purge_held(struct store *s, const struct store_purge *p,
			  struct store_purge_place *at,
			  struct store_purged *done)
{
	struct held h = {.s = s, .p = p};
	struct db_stmt *q;
	enum err e;

	e = db_query(
		s->db,
		"SELECT d.id FROM vh_deliveries d FORCE INDEX (lane) "
		"WHERE d.lane >= " STORE_LANE_HELD_SQL " AND d.due_at < ? AND "
		"d.id > ? AND d.state = 'held' ORDER BY d.id LIMIT ?",
		DB_ARGS(db_time(p->held), db_uint(at->key), db_int(STEP)), &q);
	while (!e && db_next(q)) {
		at->key = db_col_uint(q, 0);
		h.key[h.count++] = db_uint(at->key);
	}
	at->more = h.count == STEP;
	h.failed = h.count;
	if (!e && h.count && !p->dry_run)
		e = db_tx(s->db, DB_REPEAT, held_body, &h);
	if (!e)
		done->held += h.failed;
	return e;
}

/* ---- one hook ---- */

struct purge {
	struct store *s;
	const struct store_purge *p;
	uint64_t hook;
	uint64_t held; /* deliveries that failed now */
	uint64_t gone; /* 1: the hook was removed */
	bool more;     /* it has more deliveries */
};

/* Called after locking the lane, which everybody who enables a hook does first.
 * A leased lane may have rows in flight, so it is left for another time. */
static enum err hold_hook(const struct purge *u, const char *sql, bool *still)
{
	struct db_stmt *q;
	enum err e = store_lane_lock(u->s, &u->hook, 1);

	*still = false;
	if (!e)
		e = db_query(u->s->db, sql,
			     DB_ARGS(db_uint(u->hook), db_time(u->p->held),
				     db_time(u->p->settled)),
			     &q);
	while (!e && db_next(q))
		*still = db_col_int(q, 0) != 0;
	return e;
}

static const char is_lapsed[] =
	"SELECT h.enabled = 0 AND h.deleted_at IS NULL AND l.owner IS NULL "
	"FROM vh_hooks h JOIN vh_lanes l ON l.hook_id = h.id "
	"WHERE h.id = ? AND h.updated_at < ? AND ? IS NOT NULL";
static const char is_gone[] =
	"SELECT l.owner IS NULL AND NOT EXISTS (SELECT 1 FROM vh_deliveries d "
	"FORCE INDEX (hook) WHERE d.hook_id = h.id) "
	"FROM vh_hooks h LEFT JOIN vh_lanes l ON l.hook_id = h.id "
	"WHERE h.id = ? AND ? IS NOT NULL AND h.deleted_at < ?";

/* Only facts that an index range can express: a delivery counts as held since
 * it was due, or since its hook was disabled, whichever was later. */
static enum err expire_body(struct db *db, void *arg)
{
	struct purge *u = arg;
	struct page page;
	struct db_stmt *q;
	bool still;
	enum err e = hold_hook(u, is_lapsed, &still);

	u->held = 0;
	if (e || !still)
		return e;
	e = db_query(
		db,
		EXPIRING "FORCE INDEX (lane) WHERE d.lane = ? AND "
			 "d.due_at < ? ORDER BY d.lane, d.due_at LIMIT ?",
		DB_ARGS(db_uint(u->hook), db_time(u->p->held), db_int(STEP)),
		&q);
	if (e)
		return e;
	read_failed_page(q, &page);
	u->held = page.count;
	u->more = page.count == STEP;
	return fail_page(u->s, u->p, &page);
}

static enum err remove_hook_body(struct db *db, void *arg)
{
	struct purge *u = arg;
	bool still;
	enum err e = hold_hook(u, is_gone, &still);

	u->gone = 0;
	if (e || !still)
		return e;
	e = db_exec(db, "DELETE FROM vh_hook_secrets WHERE hook_id = ?",
		    DB_ARGS(db_uint(u->hook)));
	if (!e)
		e = db_exec(db, "DELETE FROM vh_alerts WHERE hook_id = ?",
			    DB_ARGS(db_uint(u->hook)));
	if (!e)
		e = db_exec(db, "DELETE FROM vh_lanes WHERE hook_id IN (?, ?)",
			    DB_ARGS(db_uint(u->hook),
				    db_uint(store_lane_number(STORE_LANE_PING,
							      u->hook))));
	if (!e)
		e = db_exec(db, "DELETE FROM vh_hooks WHERE id = ?",
			    DB_ARGS(db_uint(u->hook)));
	u->gone = 1;
	return e;
}

/* ---- counting ---- */

static enum err count_held(struct purge *u)
{
	struct db_stmt *q;
	enum err e =
		db_query(u->s->db,
			 "SELECT COUNT(*) FROM vh_deliveries WHERE "
			 "lane = ? AND due_at < ?",
			 DB_ARGS(db_uint(u->hook), db_time(u->p->held)), &q);

	while (!e && db_next(q))
		u->held = db_col_uint(q, 0);
	return e;
}

/* Whether all of its deliveries would be removed. */
static enum err count_gone(struct purge *u)
{
	int64_t cut = u->p->deliveries, settled = u->p->settled;
	struct db_stmt *q;
	enum err e = db_query(
		u->s->db,
		"SELECT 1 FROM vh_deliveries d FORCE INDEX (hook) WHERE "
		"d.hook_id = ? AND NOT (d.state IN ('delivered', 'failed', "
		"'cancelled') AND d.finished_at < IF(d.state = 'cancelled', "
		"?, ?)) ORDER BY d.hook_id DESC, d.id DESC LIMIT 1",
		DB_ARGS(db_uint(u->hook),
			db_time(cut < settled ? cut : settled), db_time(cut)),
		&q);

	if (!e)
		u->gone = !db_rows(q);
	return e;
}

/* ---- hooks ---- */

static enum err deal_with(struct purge *u, bool lapsed)
{
	u->held = u->gone = 0;
	u->more = false;
	if (u->p->dry_run)
		return lapsed ? count_held(u) : count_gone(u);
	return db_tx(u->s->db, DB_REPEAT,
		     lapsed ? expire_body : remove_hook_body, u);
}

/* Copied, because a statement on one hook may lose the connection, and with it
 * the rows that were not read yet. */
struct hook_page {
	struct {
		uint64_t key;
		bool lapsed, gone;
	} hook[HOOKS_STEP];
	size_t count;
};

static enum err read_old_hooks(struct store *s, const struct store_purge *p,
			       uint64_t after, struct hook_page *page)
{
	struct db_stmt *q;
	enum err e;

	page->count = 0;
	e = db_query(s->db,
		     "SELECT id, deleted_at IS NULL AND enabled = 0 AND "
		     "updated_at < ?, deleted_at < ? FROM vh_hooks "
		     "FORCE INDEX (PRIMARY) WHERE id > ? ORDER BY id LIMIT ?",
		     DB_ARGS(db_time(p->held), db_time(p->settled),
			     db_uint(after), db_int(HOOKS_STEP)),
		     &q);
	while (!e && db_next(q)) {
		page->hook[page->count].key = db_col_uint(q, 0);
		page->hook[page->count].lapsed = db_col_int(q, 1) != 0;
		page->hook[page->count++].gone = db_col_int(q, 2) != 0;
	}
	return e;
}

enum err store_purge_hooks(struct store *s, const struct store_purge *p,
			   struct store_purge_place *at,
			   struct store_purged *done)
{
	struct purge u = {.s = s, .p = p};
	struct hook_page page;
	unsigned dealt = 0;
	enum err e = ERR_OK;

	if (!at->key && !p->dry_run)
		e = store_match_purge(s);
	if (!e)
		e = read_old_hooks(s, p, at->key, &page);
	at->more = !e && page.count == HOOKS_STEP;
	for (size_t i = 0; !e && i < page.count; i++) {
		u.hook = page.hook[i].key;
		u.more = false;
		if (page.hook[i].lapsed || page.hook[i].gone) {
			e = deal_with(&u, page.hook[i].lapsed);
			done->held += u.held;
			done->hooks += u.gone;
			dealt++;
		}
		at->key = u.more ? u.hook - 1 : u.hook;
		if (u.more || dealt == HOOKS_MAX) {
			at->more = true;
			return e;
		}
	}
	return e;
}
