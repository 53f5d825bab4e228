/*
 * fanout: checks queued notifications and spreads them over the hooks.
 */
#include "fanout.h"

#include <stdio.h>
#include <string.h>

#include "jscan.h"
#include "log.h"
#include "match.h"
#include "store.h"
#include "store_fanout.h"
#include "valid.h"

struct run {
	struct store *s;
	uint64_t newest;
	struct fanout_count count;
};

enum { REASON_SIZE = 200 };

static bool check_action(const struct store_queued *row, char *why)
{
	if (match_published(row->action) || match_operational(row->action))
		return true;
	snprintf(why, REASON_SIZE, "action: \"%.60s\" is not an action",
		 row->action);
	return false;
}

static bool check_user(const struct store_queued *row, char *why)
{
	const char *bad;

	if (!row->user)
		return true;
	bad = valid_user(row->user, strlen(row->user));
	if (bad)
		snprintf(why, REASON_SIZE, "user: %s", bad);
	return !bad;
}

static bool check_resource(const struct store *s,
			   const struct store_queued *row, char *why)
{
	struct jscan_error bad;

	if (!row->resource) {
		snprintf(why, REASON_SIZE,
			 "resource: %zu bytes are more than the limit of %llu",
			 row->resource_len,
			 (unsigned long long)s->conf->api.max_body);
		return false;
	}
	if (!jscan_check(row->resource, row->resource_len, JSCAN_DEPTH_MAX,
			 &bad)) {
		snprintf(why, REASON_SIZE, "resource: line %u, column %u: %s",
			 bad.line, bad.column, bad.text);
		return false;
	}
	if (jscan_type(row->resource, row->resource_len) == JSCAN_OBJECT)
		return true;
	snprintf(why, REASON_SIZE, "resource: is not a JSON object");
	return false;
}

static bool check_row(const struct store *s, const struct store_queued *row,
		      char *why)
{
	if (!row->organization_known) {
		snprintf(why, REASON_SIZE, "organization: is not known");
		return false;
	}
	return check_action(row, why) && check_user(row, why) &&
	       check_resource(s, row, why);
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
