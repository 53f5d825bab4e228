/*
 * fanout: checks queued notifications and spreads them over the hooks.
 */
#include "fanout.h"

#include <stdio.h>

#include "log.h"
#include "notice.h"
#include "store.h"
#include "store_fanout.h"

struct run {
	struct store *s;
	uint64_t newest;
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
	e = store_fanout_take(s, FANOUT_MAX, r->newest, s->conf->api.max_body,
			      &rows);
	if (e == ERR_NOT_FOUND)
		return ERR_OK;
	while (!e && store_fanout_next(rows, &row)) {
		char why[REASON_SIZE];
		bool fine = check_row(s, &row, why);

		r->count.taken++;
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

enum err fanout_run(struct store *s, uint64_t newest, struct fanout_count *out)
{
	struct run r = {.s = s, .newest = newest};
	enum err e = db_tx(s->db, DB_AGAIN, body, &r);

	if (e)
		return e;
	if (r.count.rejected)
		log_warn("%zu notifications rejected: hooks-admin status "
			 "shows them",
			 r.count.rejected);
	*out = r.count;
	return ERR_OK;
}
