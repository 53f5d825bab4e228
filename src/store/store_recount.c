/* SPDX-License-Identifier: MIT */
/*
 * store_recount: a walk whose results lie in `vh_stored` until it ends. `kind`
 * is a number that is added to STORE_STORED_FOUND and STORE_STORED_BEGAN.
 */
#include "store/store_recount.h"

#include "base/text.h"
#include "store/store.h"
#include "store/store_purge.h"
#include "store/store_stored.h"

/* Rows that a step looks at: some ten milliseconds of work. */
enum { STEP = 2000 };

enum recount_kind { RECOUNT_PAYLOADS, RECOUNT_ANSWERS };

/* The statements of a kind. Values of `page`: the first key and STEP; of `add`:
 * where the results go, the two keys, and the moment it began. */
static const struct {
	const char *page, *add;
} kinds[] = {
	[RECOUNT_PAYLOADS] =
		{"SELECT MAX(x.id), COUNT(*) FROM (SELECT id FROM "
		 "vh_notifications FORCE INDEX (PRIMARY) WHERE id > ? "
		 "ORDER BY id LIMIT ?) x",
		 "INSERT INTO vh_stored (organization, part, payloads) "
		 "SELECT organization, ?, SUM(LENGTH(resource)) "
		 "FROM vh_notifications FORCE INDEX (PRIMARY) "
		 "WHERE id > ? AND id <= ? AND created_at < ? "
		 "GROUP BY organization ON DUPLICATE KEY UPDATE "
		 "payloads = vh_stored.payloads + VALUES(payloads)"},
	[RECOUNT_ANSWERS] =
		{"SELECT MAX(x.id), COUNT(*) FROM (SELECT id FROM "
		 "vh_deliveries FORCE INDEX (PRIMARY) WHERE id > ? "
		 "ORDER BY id LIMIT ?) x",
		 "INSERT INTO vh_stored (organization, part, answers) "
		 "SELECT d.organization, ?, "
		 "SUM(COALESCE(LENGTH(a.response_headers), 0) + "
		 "COALESCE(LENGTH(a.response_body), 0)) "
		 "FROM vh_deliveries d FORCE INDEX (PRIMARY) "
		 "JOIN vh_attempts a FORCE INDEX (PRIMARY) "
		 "ON a.delivery_id = d.id "
		 "WHERE d.id > ? AND d.id <= ? AND a.started_at < ? "
		 "GROUP BY d.organization ON DUPLICATE KEY UPDATE "
		 "answers = vh_stored.answers + VALUES(answers)"},
};

struct recount {
	struct store *s;
	enum recount_kind kind;
	uint64_t from, to; /* keys: after the first, up to the second */
	bool ours, more;
};

static struct db_value part_found(const struct recount *r)
{
	return db_int(STORE_STORED_FOUND + r->kind);
}

static struct db_value part_began(const struct recount *r)
{
	return db_int(STORE_STORED_BEGAN + r->kind);
}

/* The row that belongs to no organization. */
static struct db_value marker(void)
{
	static const unsigned char none[ID_SIZE];

	return db_bytes(none, sizeof(none));
}

static enum err drop_parts(const struct recount *r)
{
	return db_exec(r->s->db, "DELETE FROM vh_stored WHERE part IN (?, ?)",
		       DB_ARGS(part_found(r), part_began(r)));
}

/* Keeps the present counts. */
static enum err begin_body(struct db *db, void *arg)
{
	const struct recount *r = arg;
	enum err e = drop_parts(r);

	if (!e)
		e = db_exec(db,
			    "INSERT INTO vh_stored (organization, part, "
			    "payloads, answers) SELECT x.organization, ?, "
			    "x.payloads, x.answers FROM (SELECT organization, "
			    "SUM(payloads) AS payloads, SUM(answers) AS "
			    "answers FROM vh_stored WHERE part < ? "
			    "GROUP BY organization) x",
			    DB_ARGS(part_began(r), db_int(STORE_STORED_PARTS)));
	return e ? e
		 : db_exec(db,
			   "INSERT INTO vh_stored (organization, part, "
			   "began_at) VALUES (?, ?, UTC_TIMESTAMP(3))",
			   DB_ARGS(marker(), part_began(r)));
}

/* The marker, locked: whether the last step ended where this one begins. */
static enum err look_at_marker(struct recount *r, int64_t *before)
{
	struct db_stmt *q;
	enum err e = db_query(r->s->db,
			      "SELECT payloads, began_at FROM vh_stored WHERE "
			      "organization = ? AND part = ? FOR UPDATE",
			      DB_ARGS(marker(), part_began(r)), &q);

	r->ours = false;
	while (!e && db_next(q)) {
		r->ours = db_col_uint(q, 0) == r->from;
		*before = db_col_time(q, 1);
	}
	return e;
}

static enum err count_page(struct recount *r, int64_t before)
{
	enum err e = db_exec(r->s->db, kinds[r->kind].add,
			     DB_ARGS(part_found(r), db_uint(r->from),
				     db_uint(r->to), db_time(before)));

	return e ? e
		 : db_exec(r->s->db,
			   "UPDATE vh_stored SET payloads = ? WHERE "
			   "organization = ? AND part = ?",
			   DB_ARGS(db_uint(r->to), marker(), part_began(r)));
}

/* The difference is added, so that bytes counted meanwhile stay counted. */
static enum err correct(struct recount *r)
{
	static const char *const corrections[] = {
		[RECOUNT_PAYLOADS] =
			"INSERT INTO vh_stored (organization, part, payloads) "
			"SELECT x.organization, 0, x.n FROM (SELECT "
			"organization, SUM(IF(part = ?, payloads, -payloads)) "
			"AS n FROM vh_stored WHERE part IN (?, ?) AND "
			"organization <> ? GROUP BY organization) x "
			"ON DUPLICATE KEY UPDATE "
			"payloads = vh_stored.payloads + VALUES(payloads)",
		[RECOUNT_ANSWERS] =
			"INSERT INTO vh_stored (organization, part, answers) "
			"SELECT x.organization, 0, x.n FROM (SELECT "
			"organization, SUM(IF(part = ?, answers, -answers)) "
			"AS n FROM vh_stored WHERE part IN (?, ?) AND "
			"organization <> ? GROUP BY organization) x "
			"ON DUPLICATE KEY UPDATE "
			"answers = vh_stored.answers + VALUES(answers)",
	};
	enum err e = db_exec(
		r->s->db, corrections[r->kind],
		DB_ARGS(part_found(r), part_found(r), part_began(r), marker()));

	return e ? e : drop_parts(r);
}

static enum err recount_body(struct db *db, void *arg)
{
	struct recount *r = arg;
	int64_t before = TIME_NONE;
	enum err e = look_at_marker(r, &before);

	(void)db;
	if (e || !r->ours)
		return e;
	if (r->to)
		e = count_page(r, before);
	if (!e && !r->more)
		e = correct(r);
	return e;
}

static enum err find_page(struct recount *r)
{
	struct db_stmt *q;
	enum err e = db_query(r->s->db, kinds[r->kind].page,
			      DB_ARGS(db_uint(r->from), db_int(STEP)), &q);

	while (!e && db_next(q)) {
		r->to = db_col_uint(q, 0);
		r->more = db_col_int(q, 1) == STEP;
	}
	return e;
}

static enum err recount_step(struct store *s, enum recount_kind kind,
			     const struct store_purge *p,
			     struct store_purge_place *at)
{
	struct recount r = {.s = s, .kind = kind, .from = at->key};
	enum err e = ERR_OK;

	at->more = false;
	if (p->dry_run)
		return ERR_OK;
	if (!r.from)
		e = db_tx(s->db, DB_REPEAT, begin_body, &r);
	if (!e)
		e = find_page(&r);
	if (!e)
		e = db_tx(s->db, DB_ONCE, recount_body, &r);
	if (e)
		return e;
	at->key = r.to;
	at->more = r.ours && r.more;
	return ERR_OK;
}

enum err store_recount_payloads(struct store *s, const struct store_purge *p,
				struct store_purge_place *at,
				struct store_purged *done)
{
	(void)done;
	return recount_step(s, RECOUNT_PAYLOADS, p, at);
}

enum err store_recount_answers(struct store *s, const struct store_purge *p,
			       struct store_purge_place *at,
			       struct store_purged *done)
{
	(void)done;
	return recount_step(s, RECOUNT_ANSWERS, p, at);
}
