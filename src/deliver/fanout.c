/* SPDX-License-Identifier: MIT */
/*
 * fanout: spreads queued notifications over the hooks.
 */
#include "deliver/fanout.h"

#include "deliver/locked.h"
#include "store/store.h"
#include "store/store_due.h"
#include "store/store_fanout.h"

struct fanout {
	struct store *s;
	const struct turns *from;
	struct turns place; /* the place after this transaction */
	struct locked *locked;
	struct id orgs[FANOUT_ORGS]; /* of this transaction */
	size_t org_count;
	bool given; /* these, and no others */
	uint64_t newest;
	size_t max; /* rows */
	uint64_t key[FANOUT_MAX];
	size_t keys;
	struct fanout_count count;
};

/* ---- whose turn it is ---- */

static enum err next_queued(void *arg, const struct id *after, struct id *out)
{
	struct fanout *r = arg;
	struct id found;
	enum err e;

	do {
		e = store_fanout_org(r->s, after, &found);
		after = &found;
	} while (!e && locked_has(r->locked, &found));
	if (!e)
		*out = found;
	return e;
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
	turns_took(&r->place, org);
	return ERR_OK;
}

static enum err fanout_choose(struct fanout *r)
{
	uint64_t deliveries = 0;
	size_t max = r->max < FANOUT_ORGS ? r->max : FANOUT_ORGS, n;
	enum err e = ERR_OK;

	if (!r->given)
		e = turns_find(r->from, next_queued, r, max, r->orgs,
			       &r->org_count);
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

/* ---- spreading ---- */

/* Tells the kept counts of max_due. */
static enum err fanout_tell(struct fanout *r)
{
	struct store_share list[FANOUT_MAX];
	size_t count = 0;
	enum err e;

	if (!r->keys || !store_due_asks(r->s))
		return ERR_OK;
	e = store_fanout_shares(r->s, r->key, r->keys, list, &count);
	for (size_t i = 0; !e && i < count; i++)
		store_due_spread(r->s, &list[i].organization,
				 list[i].notifications, list[i].deliveries);
	return e;
}

static enum err fanout_body(struct db *db, void *arg)
{
	struct fanout *r = arg;
	enum err e;

	(void)db;
	r->count = (struct fanout_count){0};
	r->place = *r->from;
	e = fanout_choose(r);
	if (!e && r->keys)
		e = store_fanout_lock(r->s, r->key, &r->keys);
	r->count.taken = r->keys;
	if (!e && r->keys)
		e = store_fanout_spread(r->s, r->key, r->keys, &r->count.made);
	return e ? e : fanout_tell(r);
}

static enum err reject_first(struct db *db, void *arg)
{
	struct fanout *r = arg;

	(void)db;
	r->count =
		(struct fanout_count){.taken = 1, .rejected = 1, .more = true};
	return store_fanout_reject(r->s, r->key[0],
				   "the database refused the row");
}

/* No queued row should be one that the database refuses; if it refuses one all
 * the same, only this row is rejected, not its neighbours. */
static enum err one_by_one(struct fanout *r)
{
	enum err e;

	r->max = 1;
	e = db_tx(r->s->db, DB_REPEAT, fanout_body, r);
	if (e == ERR_INTERNAL && r->keys)
		e = db_tx(r->s->db, DB_REPEAT, reject_first, r);
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

enum err fanout_run(struct store *s, struct turns *place, struct locked *locked,
		    uint64_t newest, struct fanout_count *out)
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
	*place = r.place;
	*out = sum;
	return ERR_OK;
}
