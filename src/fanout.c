/*
 * fanout: checks queued notifications and spreads them over the hooks.
 */
#include "fanout.h"

#include <stdio.h>

#include "log.h"
#include "notice.h"
#include "store.h"
#include "store_fanout.h"
#include "valid.h"

struct run {
	struct store *s;
	uint64_t newest;
	size_t max;    /* rows */
	uint64_t last; /* the one looked at last */
	struct fanout_count count;
};

enum { REASON_SIZE = 200 };

static bool refuse(char *why, const char *field, const char *what)
{
	snprintf(why, REASON_SIZE, "%s: %s", field, what);
	return false;
}

/* The rules of the API, for what came past it. */
static bool check_row(const struct store *s, const struct store_queued *row,
		      char *why)
{
	char bad[NOTICE_WHY_SIZE];
	const char *what;

	if (!row->organization_known)
		return refuse(why, "organization", "is not known");
	if (row->has_nul)
		return refuse(why, "action, user", "hold a NUL");
	what = row->idempotency_key
		       ? valid_idempotency_key(row->idempotency_key,
					       row->idempotency_len)
		       : NULL;
	if (what)
		return refuse(why, "idempotency_key", what);
	what = notice_action(row->action);
	if (what)
		return refuse(why, "action", what);
	what = row->user ? notice_user(row->user) : NULL;
	if (what)
		return refuse(why, "user", what);
	if (!row->resource) {
		snprintf(why, REASON_SIZE,
			 "resource: %zu bytes are more than [api] max_body",
			 row->resource_len);
		return false;
	}
	if (!notice_resource(row->resource, row->resource_len,
			     s->conf->api.max_body, bad))
		return refuse(why, "resource", bad);
	return true;
}

/* The key's first user wins; without a key there is nothing to win. */
static enum err claim(struct store *s, const struct store_queued *row,
		      char *why, bool *fine)
{
	enum err e = ERR_OK;

	if (row->idempotency_key)
		e = store_fanout_claim(s, row, s->conf->retention.idempotency);
	*fine = e == ERR_OK;
	if (e != ERR_CONFLICT)
		return e;
	snprintf(why, REASON_SIZE, "idempotency_key: was used before");
	return ERR_OK;
}

static enum err body(struct db *db, void *arg)
{
	struct run *r = arg;
	struct store *s = r->s;
	uint64_t good[FANOUT_MAX];
	size_t count = 0;
	struct store_queued row;
	struct db_stmt *rows;
	enum err e;

	(void)db;
	r->count = (struct fanout_count){0};
	e = store_fanout_take(s, r->max, r->newest, s->conf->api.max_body,
			      &rows);
	if (e == ERR_NOT_FOUND)
		return ERR_OK;
	while (!e && store_fanout_next(rows, &row)) {
		char why[REASON_SIZE];
		bool fine = check_row(s, &row, why);

		r->count.taken++;
		r->last = row.key;
		if (fine)
			e = claim(s, &row, why, &fine);
		if (!e && fine) {
			good[count++] = row.key;
		} else if (!e) {
			r->count.rejected++;
			e = store_fanout_reject(s, row.key, why);
		}
	}
	if (!e)
		e = store_fanout_spread(s, good, count, &r->count.made);
	return e;
}

static enum err reject_last(struct db *db, void *arg)
{
	struct run *r = arg;

	(void)db;
	r->count = (struct fanout_count){.taken = 1, .rejected = 1};
	return store_fanout_reject(r->s, r->last,
				   "the database refused to take it");
}

/* The rules above leave nothing that the database refuses; should it refuse
 * all the same, one row alone pays for it, not its neighbours. */
static enum err one_by_one(struct run *r)
{
	enum err e;

	r->max = 1;
	e = db_tx(r->s->db, DB_AGAIN, body, r);
	if (e == ERR_INTERNAL && r->last)
		e = db_tx(r->s->db, DB_AGAIN, reject_last, r);
	return e;
}

enum err fanout_run(struct store *s, uint64_t newest, struct fanout_count *out)
{
	struct run r = {.s = s, .newest = newest, .max = FANOUT_MAX};
	enum err e = db_tx(s->db, DB_AGAIN, body, &r);

	if (e == ERR_INTERNAL)
		e = one_by_one(&r);
	if (e)
		return e;
	if (r.count.rejected)
		log_warn("%zu notifications rejected: hooks-admin status "
			 "shows them",
			 r.count.rejected);
	*out = r.count;
	return ERR_OK;
}
