/* SPDX-License-Identifier: MIT */
/*
 * store_purge: finished rows: deliveries, attempts, notifications, keys.
 */
#include "store/store_purge.h"

#include "store/store.h"
#include "store/store_col.h"
#include "store/store_stats.h"
#include "store/store_stored.h"

/* Rows that a step looks at: some ten milliseconds of work. */
enum { STEP = 500 };

/* A cancelled delivery may still be on its way when its hook is deleted: its
 * row must be there when the sender records it. */
#define EXPIRED                                                                \
	"(d.state IN ('delivered', 'failed') AND d.finished_at < ? "           \
	"OR d.state = 'cancelled' AND d.finished_at < ?)"

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static struct db_value cut(const struct store_purge *p)
{
	return db_time(p->deliveries);
}

static struct db_value cut_cancelled(const struct store_purge *p)
{
	return db_time(earlier(p->deliveries, p->settled));
}

/* ---- a page of rows ---- */

struct page {
	struct db_value key[STEP]; /* of the rows that may go */
	uint64_t batch[STEP];	   /* the hooks of those that name a batch */
	size_t count;
};

/*
 * Walks a page whose columns are the key, whether the row may go, whether it is
 * older than the limit, and perhaps the hook of a batch that it names. Rows are
 * roughly in the order of their age, so a page of only young ones ends the
 * sweep.
 */
static void read_purge_page(struct db_stmt *q, bool batches, struct page *page,
			    struct store_purge_place *at)
{
	bool old = false, full = db_rows(q) == STEP;

	page->count = 0;
	while (db_next(q)) {
		at->key = db_col_uint(q, 0);
		if (db_col_int(q, 1)) {
			page->batch[page->count] =
				batches ? db_col_uint(q, 3) : 0;
			page->key[page->count++] = db_uint(at->key);
		}
		old = old || db_col_int(q, 2);
	}
	at->more = full && old;
}

/* ---- deliveries ---- */

static enum err count_attempts(struct store *s, const struct page *page,
			       uint64_t *n)
{
	struct db_stmt *q;
	enum err e = db_query_list(s->db,
				   "SELECT COUNT(*) FROM vh_attempts WHERE "
				   "delivery_id IN ({?})",
				   DB_NONE, page->key, page->count, &q);

	while (!e && db_next(q))
		*n = db_col_uint(q, 0);
	return e;
}

struct removal {
	struct store *s;
	const struct store_purge *p;
	const struct page *page;
	uint64_t deliveries, attempts;
	struct bytes freed;
};

/* Rows of an organization and a number of bytes. */
static void read_freed(struct db_stmt *q, struct bytes *freed, bool answers)
{
	freed->count = 0;
	while (db_next(q)) {
		struct id organization = store_col_id(q, 0);
		int64_t n = db_col_int(q, 1);

		/* Bytes that find no room here are found by the recount. */
		(void)bytes_add(freed, &organization, answers ? 0 : -n,
				answers ? -n : 0);
	}
}

static void count_freed(struct store *s, const struct bytes *freed)
{
	for (size_t i = 0; i < freed->count; i++)
		store_stored_add(s, &freed->row[i].organization,
				 freed->row[i].payloads, freed->row[i].answers);
}

static enum err sum_answers(struct removal *r, const struct page *page)
{
	struct db_stmt *q;
	enum err e = db_query_list(
		r->s->db,
		"SELECT d.organization, CAST(COALESCE(SUM("
		"COALESCE(LENGTH(a.response_headers), 0) + "
		"COALESCE(LENGTH(a.response_body), 0)), 0) AS SIGNED) "
		"FROM vh_deliveries d FORCE INDEX (PRIMARY) "
		"JOIN vh_attempts a FORCE INDEX (PRIMARY) "
		"ON a.delivery_id = d.id WHERE d.id IN ({?}) "
		"GROUP BY d.organization",
		DB_NONE, page->key, page->count, &q);

	if (!e)
		read_freed(q, &r->freed, true);
	return e;
}

/* Locks the rows that may still go: one may have become pending again. */
static enum err hold_page(const struct removal *r, struct page *locked)
{
	struct db_stmt *q;
	enum err e;

	e = db_query_list(
		r->s->db,
		"SELECT d.id FROM vh_deliveries d FORCE INDEX (PRIMARY) "
		"WHERE " EXPIRED " AND d.id IN ({?}) FOR UPDATE",
		DB_ARGS(cut(r->p), cut_cancelled(r->p)), r->page->key,
		r->page->count, &q);
	locked->count = 0;
	while (!e && db_next(q))
		locked->key[locked->count++] = db_uint(db_col_uint(q, 0));
	return e;
}

static enum err remove_page_body(struct db *db, void *arg)
{
	struct removal *r = arg;
	struct page locked;
	enum err e = hold_page(r, &locked);

	r->deliveries = r->attempts = 0;
	r->freed.count = 0;
	if (e || !locked.count)
		return e;
	e = sum_answers(r, &locked);
	if (e)
		return e;
	e = db_exec_list(db,
			 "DELETE a FROM vh_attempts a FORCE INDEX (PRIMARY) "
			 "WHERE a.delivery_id IN ({?})",
			 DB_NONE, locked.key, locked.count);
	r->attempts = db_affected(db);
	if (!e)
		e = db_exec_list(db,
				 "DELETE d FROM vh_deliveries d "
				 "FORCE INDEX (PRIMARY) WHERE d.id IN ({?})",
				 DB_NONE, locked.key, locked.count);
	r->deliveries = db_affected(db);
	return e;
}

/* Whether a batch has members that must stay. They came shortly after the first
 * one, by whose row the batch has its webhook-id. */
static enum err has_members(struct store *s, const struct store_purge *p,
			    uint64_t hook, struct db_value first, bool *has)
{
	struct db_stmt *q;
	enum err e;

	e = db_query(s->db,
		     "SELECT COUNT(*) FROM (SELECT d.batch, " EXPIRED " AS "
		     "expired FROM vh_deliveries d FORCE INDEX (hook) WHERE "
		     "d.hook_id = ? AND d.id > ? ORDER BY d.id LIMIT ?) m "
		     "WHERE m.batch = ? AND NOT m.expired",
		     DB_ARGS(cut(p), cut_cancelled(p), db_uint(hook), first,
			     db_int(STEP), first),
		     &q);
	while (!e && db_next(q))
		*has = db_col_uint(q, 0) > 0;
	return e;
}

/* Leaves first members of batches out until the others may go. */
static enum err spare_names(struct store *s, const struct store_purge *p,
			    struct page *page)
{
	enum err e = ERR_OK;
	size_t kept = 0;

	for (size_t i = 0; i < page->count && !e; i++) {
		bool has = false;

		if (page->batch[i])
			e = has_members(s, p, page->batch[i], page->key[i],
					&has);
		if (!has)
			page->key[kept++] = page->key[i];
	}
	page->count = kept;
	return e;
}

static enum err remove_deliveries(struct removal *r)
{
	enum err e;

	if (!r->p->dry_run) {
		e = db_tx(r->s->db, DB_REPEAT, remove_page_body, r);
		if (!e)
			count_freed(r->s, &r->freed);
		return e;
	}
	r->deliveries = r->page->count;
	return count_attempts(r->s, r->page, &r->attempts);
}

static enum err deliveries_page(struct store *s, const struct store_purge *p,
				uint64_t after, struct db_stmt **q)
{
#define COLUMNS                                                                \
	"SELECT d.id, " EXPIRED ", d.created_at < ?, "                         \
	"d.hook_id * (d.batch = d.id) "
	if (!p->organization)
		return db_query(s->db,
				COLUMNS "FROM vh_deliveries d "
					"FORCE INDEX (PRIMARY) "
					"WHERE d.id > ? ORDER BY d.id LIMIT ?",
				DB_ARGS(cut(p), cut_cancelled(p), cut(p),
					db_uint(after), db_int(STEP)),
				q);
	return db_query(s->db,
			COLUMNS "FROM vh_deliveries d "
				"FORCE INDEX (organization) "
				"WHERE d.organization = ? AND d.id > ? "
				"ORDER BY d.id LIMIT ?",
			DB_ARGS(cut(p), cut_cancelled(p), cut(p),
				store_col_of(p->organization), db_uint(after),
				db_int(STEP)),
			q);
#undef COLUMNS
}

enum err store_purge_deliveries(struct store *s, const struct store_purge *p,
				struct store_purge_place *at,
				struct store_purged *done)
{
	struct page page;
	struct removal r = {.s = s, .p = p, .page = &page};
	struct db_stmt *q;
	enum err e;

	e = deliveries_page(s, p, at->key, &q);
	if (e)
		return e;
	read_purge_page(q, true, &page, at);
	e = spare_names(s, p, &page);
	if (!e && page.count)
		e = remove_deliveries(&r);
	if (e)
		return e;
	done->deliveries += r.deliveries;
	done->attempts += r.attempts;
	return ERR_OK;
}

/* ---- notifications ---- */

#define REMOVABLE                                                              \
	"n.state NOT IN ('queued', 'scheduled') AND NOT EXISTS (SELECT 1 "     \
	"FROM vh_deliveries d "                                                \
	"FORCE INDEX (fanout) WHERE d.notification_id = n.id) AND "            \
	"n.id IN ({?})"

static enum err remove_notifications(struct store *s, const struct page *page,
				     uint64_t *n)
{
	struct bytes freed;
	struct db_stmt *q;
	enum err e = db_query_list(
		s->db,
		"SELECT n.organization, CAST(COALESCE(SUM(LENGTH(n.resource)), "
		"0) AS SIGNED) FROM vh_notifications n FORCE INDEX (PRIMARY) "
		"WHERE " REMOVABLE " GROUP BY n.organization",
		DB_NONE, page->key, page->count, &q);

	if (e)
		return e;
	read_freed(q, &freed, false);
	e = db_exec_list(s->db,
			 "DELETE n FROM vh_notifications n "
			 "FORCE INDEX (PRIMARY) WHERE " REMOVABLE,
			 DB_NONE, page->key, page->count);
	*n = db_affected(s->db);
	if (!e)
		count_freed(s, &freed);
	return e;
}

/* The age of one that was scheduled counts from its time. Counting treats the
 * deliveries as gone that would be removed. */
static enum err notifications_page(struct store *s, const struct store_purge *p,
				   uint64_t after, struct db_stmt **q)
{
	struct db_value old = db_time(p->notifications);

#define COLUMNS                                                                \
	"SELECT n.id, GREATEST(n.created_at, COALESCE(n.deliver_at, "          \
	"n.created_at)) < ? AND n.state NOT IN ('queued', 'scheduled') AND "   \
	"NOT EXISTS (SELECT 1 FROM vh_deliveries d FORCE INDEX (fanout) "      \
	"WHERE d.notification_id = n.id AND NOT (? AND " EXPIRED ")), "        \
	"n.created_at < ? FROM vh_notifications n "
	if (!p->organization)
		return db_query(s->db,
				COLUMNS "FORCE INDEX (PRIMARY) WHERE n.id > ? "
					"ORDER BY n.id LIMIT ?",
				DB_ARGS(old, db_int(p->dry_run), cut(p),
					cut_cancelled(p), old, db_uint(after),
					db_int(STEP)),
				q);
	return db_query(s->db,
			COLUMNS "FORCE INDEX (organization) WHERE "
				"n.organization = ? AND n.id > ? "
				"ORDER BY n.id LIMIT ?",
			DB_ARGS(old, db_int(p->dry_run), cut(p),
				cut_cancelled(p), old,
				store_col_of(p->organization), db_uint(after),
				db_int(STEP)),
			q);
#undef COLUMNS
}

enum err store_purge_notifications(struct store *s, const struct store_purge *p,
				   struct store_purge_place *at,
				   struct store_purged *done)
{
	struct page page;
	struct db_stmt *q;
	uint64_t n;
	enum err e;

	e = notifications_page(s, p, at->key, &q);
	if (e)
		return e;
	read_purge_page(q, false, &page, at);
	n = page.count;
	if (n && !p->dry_run)
		e = remove_notifications(s, &page, &n);
	if (!e)
		done->notifications += n;
	return e;
}

/* ---- idempotency keys ---- */

static enum err count_keys(struct store *s, const struct store_purge *p,
			   uint64_t *n)
{
	struct db_stmt *q;
	enum err e = db_query(s->db,
			      "SELECT COUNT(*) FROM vh_idempotency_keys "
			      "WHERE created_at < ?",
			      DB_ARGS(db_time(p->idempotency)), &q);

	while (!e && db_next(q))
		*n = db_col_uint(q, 0);
	return e;
}

enum err store_purge_idempotency(struct store *s, const struct store_purge *p,
				 struct store_purge_place *at,
				 struct store_purged *done)
{
	uint64_t n = 0;
	enum err e;

	if (p->dry_run) {
		e = count_keys(s, p, &n);
	} else {
		e = db_exec(
			s->db,
			"DELETE FROM vh_idempotency_keys WHERE created_at < ? "
			"ORDER BY created_at LIMIT ?",
			DB_ARGS(db_time(p->idempotency), db_int(STEP)));
		n = db_affected(s->db);
	}
	if (e)
		return e;
	at->more = !p->dry_run && n == STEP;
	done->idempotency_keys += n;
	return ERR_OK;
}

/* ---- statistics ---- */

static enum err remove_counts(struct store *s, const struct store_purge *p,
			      enum store_step step, int64_t before, uint64_t *n)
{
	struct db_stmt *q;
	enum err e;

	if (!p->dry_run) {
		e = db_exec(
			s->db,
			"DELETE FROM vh_stats WHERE step = ? AND "
			"start_at < ? ORDER BY start_at LIMIT ?",
			DB_ARGS(db_int(step), db_time(before), db_int(STEP)));
		*n = db_affected(s->db);
		return e;
	}
	e = db_query(s->db,
		     "SELECT COUNT(*) FROM vh_stats WHERE step = ? AND "
		     "start_at < ?",
		     DB_ARGS(db_int(step), db_time(before)), &q);
	while (!e && db_next(q))
		*n = db_col_uint(q, 0);
	return e;
}

enum err store_purge_stats(struct store *s, const struct store_purge *p,
			   struct store_purge_place *at,
			   struct store_purged *done)
{
	uint64_t minutes = 0, hours = 0;
	enum err e = remove_counts(s, p, STORE_MINUTE, p->minutes, &minutes);

	if (!e)
		e = remove_counts(s, p, STORE_HOUR, p->hours, &hours);
	if (e)
		return e;
	at->more = !p->dry_run && (minutes == STEP || hours == STEP);
	done->statistics += minutes + hours;
	return ERR_OK;
}
