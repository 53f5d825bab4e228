/* SPDX-License-Identifier: MIT */
/*
 * fanout: checks queued notifications and spreads them over the hooks.
 */
#include "deliver/fanout.h"

#include <stdio.h>

#include "base/log.h"
#include "deliver/locked.h"
#include "rules/publishable.h"
#include "rules/valid.h"
#include "store/store.h"
#include "store/store_due.h"
#include "store/store_fanout.h"

/* The room left to an organization that published with SQL. */
struct room {
	struct id organization;
	uint64_t left;
};

struct fanout {
	struct store *s;
	const struct fanout_place *from;
	struct fanout_place place; /* the place after this transaction */
	struct room room[FANOUT_ORGS];
	size_t rooms;
	struct locked *locked;
	struct id orgs[FANOUT_ORGS]; /* of this transaction */
	size_t org_count;
	bool given; /* these, and no others */
	uint64_t newest;
	size_t max; /* rows */
	uint64_t key[FANOUT_MAX];
	size_t keys;
	uint64_t last; /* the key checked last */
	struct fanout_count count;
};

enum { REASON_SIZE = 200 };

/* ---- whose turn it is ---- */

/* Finds at most `max`, from the place on and once round. */
static enum err find_orgs(struct fanout *r, size_t max)
{
	bool wrapped = !r->place.under_way;
	const struct id *after = wrapped ? NULL : &r->place.organization;
	struct id found, last;
	size_t count = 0;
	enum err e = ERR_OK;

	while (!e && count < max) {
		e = store_fanout_org(r->s, after, &found);
		if (e == ERR_NOT_FOUND && !wrapped) {
			wrapped = true;
			after = NULL;
			e = ERR_OK;
			continue;
		}
		if (e || (count && id_equal(&found, &r->orgs[0])))
			break;
		last = found;
		after = &last;
		if (!locked_has(r->locked, &found))
			r->orgs[count++] = found;
	}
	r->org_count = count;
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Chooses its share of the rows and of the deliveries, but at least one row. */
static enum err fanout_choose_of(struct fanout *r, const struct id *org,
				 size_t orgs, uint64_t *deliveries)
{
	size_t want = r->max / orgs, n;
	uint64_t hooks;
	enum err e = store_fanout_hooks(r->s, org, FANOUT_DELIVERIES, &hooks);

	if (e)
		return e;
	if (hooks && want > FANOUT_DELIVERIES / orgs / hooks)
		want = FANOUT_DELIVERIES / orgs / hooks;
	want = want ? want : 1;
	e = store_fanout_queued(r->s, org, r->newest, want, r->key + r->keys,
				&n);
	if (e)
		return e;
	r->keys += n;
	*deliveries += n * hooks;
	r->count.more = r->count.more || n == want;
	r->place.organization = *org;
	r->place.under_way = true;
	return ERR_OK;
}

static enum err fanout_choose(struct fanout *r)
{
	uint64_t deliveries = 0;
	size_t max = r->max < FANOUT_ORGS ? r->max : FANOUT_ORGS, n;
	enum err e = r->given ? ERR_OK : find_orgs(r, max);

	n = r->org_count;
	r->keys = 0;
	r->count.more = !e && n == max;
	r->place.under_way = r->place.under_way && n;
	for (size_t i = 0; !e && i < n; i++) {
		if (deliveries >= FANOUT_DELIVERIES) {
			r->count.more = true;
			break;
		}
		e = fanout_choose_of(r, &r->orgs[i], n, &deliveries);
	}
	return e;
}

/* ---- checking a row ---- */

static bool fanout_refuse(char *why, const char *field, const char *what)
{
	snprintf(why, REASON_SIZE, "%s: %s", field, what);
	return false;
}

/* The rules of the API, for rows that did not come through it. */
static bool check_row(const struct store *s, const struct store_queued *row,
		      char *why)
{
	char bad[PUBLISHABLE_WHY_SIZE];
	const char *what;

	if (!row->organization_known)
		return fanout_refuse(why, "organization", "is unknown");
	if (row->has_nul)
		return fanout_refuse(why, "action, user", "contain a NUL");
	what = row->idempotency_key
		       ? valid_idempotency_key(row->idempotency_key,
					       row->idempotency_len)
		       : NULL;
	if (what)
		return fanout_refuse(why, "idempotency_key", what);
	what = publishable_action(row->action);
	if (what)
		return fanout_refuse(why, "action", what);
	what = row->user ? publishable_user(row->user) : NULL;
	if (what)
		return fanout_refuse(why, "user", what);
	if (!row->resource) {
		snprintf(why, REASON_SIZE,
			 "resource: %zu bytes are more than [api] max_body",
			 row->resource_len);
		return false;
	}
	if (!publishable_resource(row->resource, row->resource_len,
				  s->conf->api.max_body, bad))
		return fanout_refuse(why, "resource", bad);
	return true;
}

static enum err find_room(struct fanout *r, const struct id *organization,
			  struct room **out)
{
	struct room *room = r->room;
	enum err e;

	while (room < r->room + r->rooms &&
	       !id_equal(&room->organization, organization))
		room++;
	*out = room;
	if (room < r->room + r->rooms)
		return ERR_OK;
	e = store_due_room(r->s, organization, STORE_DUE_FANOUT, 1,
			   &room->left);
	if (e)
		return e;
	room->organization = *organization;
	r->rooms++;
	return ERR_OK;
}

/* The limit of the API, for rows that did not come through it. */
static enum err check_room(struct fanout *r, const struct store_queued *row,
			   char *why, bool *fine)
{
	struct room *room;
	enum err e;

	if (row->accepted)
		return ERR_OK;
	e = find_room(r, &row->organization, &room);
	if (e)
		return e;
	*fine = room->left > 0;
	if (*fine)
		room->left--;
	else
		snprintf(why, REASON_SIZE,
			 "%llu deliveries of the organization are waiting, "
			 "which is the limit ([api] max_due)",
			 (unsigned long long)r->s->conf->api.max_due);
	return ERR_OK;
}

/* The first user of the idempotency key wins; rows without a key always pass.
 */
static enum err claim(struct store *s, const struct store_queued *row,
		      char *why, bool *fine)
{
	enum err e = ERR_OK;

	/* Rows that came through the API took their key there. */
	if (row->idempotency_key && !row->accepted)
		e = store_fanout_claim(s, row, s->conf->retention.idempotency);
	*fine = e == ERR_OK;
	if (e != ERR_CONFLICT)
		return e;
	snprintf(why, REASON_SIZE, "idempotency_key: was used before");
	return ERR_OK;
}

/* Adds the new deliveries to the kept counts of max_due. */
static enum err fanout_tell(struct store *s, const uint64_t *keys, size_t n)
{
	struct store_share list[FANOUT_MAX];
	size_t count;
	enum err e;

	if (!n)
		return ERR_OK;
	e = store_fanout_shares(s, keys, n, list, &count);
	for (size_t i = 0; !e && i < count; i++)
		store_due_added(s, &list[i].organization, list[i].deliveries);
	return e;
}

static enum err fanout_body(struct db *db, void *arg)
{
	struct fanout *r = arg;
	struct store *s = r->s;
	uint64_t good[FANOUT_MAX];
	size_t count = 0;
	struct store_queued row;
	struct db_stmt *rows;
	enum err e;

	(void)db;
	r->count = (struct fanout_count){0};
	r->rooms = 0;
	r->place = *r->from;
	e = fanout_choose(r);
	if (e || !r->keys)
		return e;
	e = store_fanout_take(s, r->key, r->keys, s->conf->api.max_body, &rows);
	while (!e && store_fanout_next(rows, &row)) {
		char why[REASON_SIZE];
		bool fine = check_row(s, &row, why);

		r->count.taken++;
		r->last = row.key;
		if (fine)
			e = check_room(r, &row, why, &fine);
		if (!e && fine)
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
	if (!e && r->rooms)
		e = fanout_tell(s, good, count);
	return e;
}

static enum err reject_last(struct db *db, void *arg)
{
	struct fanout *r = arg;

	(void)db;
	r->count =
		(struct fanout_count){.taken = 1, .rejected = 1, .more = true};
	return store_fanout_reject(r->s, r->last,
				   "the database refused the row");
}

/* The rules above should leave no row that the database refuses; if it refuses
 * one all the same, only this row is rejected, not its neighbours. */
static enum err one_by_one(struct fanout *r)
{
	enum err e;

	r->max = 1;
	e = db_tx(r->s->db, DB_REPEAT, fanout_body, r);
	if (e == ERR_INTERNAL && r->last)
		e = db_tx(r->s->db, DB_REPEAT, reject_last, r);
	return e;
}

static enum err fanout_some(struct fanout *r)
{
	enum err e = db_tx(r->s->db, DB_REPEAT, fanout_body, r);

	return e == ERR_INTERNAL ? one_by_one(r) : e;
}

static bool met_lock(const struct fanout *r, enum err e)
{
	return e == ERR_TEMP && db_locked(r->s->db);
}

static enum err fanout_of(struct fanout *all, const struct id *org,
			  struct fanout_count *sum)
{
	struct fanout r = *all;
	enum err e;

	r.given = true;
	r.orgs[0] = *org;
	r.org_count = 1;
	e = fanout_some(&r);
	if (met_lock(&r, e)) {
		locked_put(r.locked, org);
		return ERR_OK;
	}
	if (e)
		return e;
	locked_end(r.locked, org);
	sum->taken += r.count.taken;
	sum->rejected += r.count.rejected;
	sum->made += r.count.made;
	sum->more |= r.count.more;
	return ERR_OK;
}

static enum err org_by_org(struct fanout *all, const struct id *orgs, size_t n,
			   struct fanout_count *sum)
{
	enum err e = ERR_OK;

	db_hasty(all->s->db, true);
	for (size_t i = 0; i < n && !e; i++)
		e = fanout_of(all, &orgs[i], sum);
	db_hasty(all->s->db, false);
	return e;
}

/* One locked organization does not hold up the others. */
static enum err fanout_all(struct fanout *r, struct fanout_count *sum)
{
	struct id orgs[LOCKED_MAX];
	size_t n = locked_due(r->locked, orgs);
	enum err e = fanout_some(r);

	if (met_lock(r, e))
		e = org_by_org(r, r->orgs, r->org_count, sum);
	else if (!e)
		*sum = r->count;
	return e ? e : org_by_org(r, orgs, n, sum);
}

enum err fanout_run(struct store *s, struct fanout_place *place,
		    struct locked *locked, uint64_t newest,
		    struct fanout_count *out)
{
	struct fanout r = {.s = s,
			   .from = place,
			   .locked = locked,
			   .newest = newest,
			   .max = FANOUT_MAX};
	struct fanout_count sum = {0};
	enum err e = fanout_all(&r, &sum);

	if (e)
		return e;
	if (sum.rejected)
		log_warn("%zu notifications rejected: hooks-admin status "
			 "shows them",
			 sum.rejected);
	*place = r.place;
	*out = sum;
	return ERR_OK;
}
