/* SPDX-License-Identifier: MIT */
/*
 * fanout: spreads queued notifications over the hooks.
 */
#include "deliver/fanout.h"

#include <stdlib.h>

#include "base/mem.h"
#include "deliver/locked.h"
#include "store/store.h"
#include "store/store_due.h"
#include "store/store_fanout.h"
#include "store/store_match.h"
#include "store/store_outbox.h"
#include "store/store_schedule.h"

/* Rows of the outbox that are asked whether they replace or cancel. */
enum { ORDERS_LOOKED_AT = 1000 };

struct fanout {
	struct store *s;
	enum fanout_from source;
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

	/* of the transaction */
	struct arena arena;
	struct store_matched found[FANOUT_MAX], taken[FANOUT_MAX];
	size_t found_count; /* count.taken: those that are spread */
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

/* How many scheduled notifications of an organization may be fanned out now: as
 * many as [api] max_due leaves room for, and none while rows in the outbox may
 * replace or cancel them. */
static enum err find_room(struct fanout *r, const struct id *org,
			  uint64_t *room)
{
	bool orders;
	enum err e =
		store_outbox_names(r->s, org, NULL, ORDERS_LOOKED_AT, &orders);

	*room = 0;
	return e || orders
		       ? e
		       : store_due_room(r->s, org, STORE_DUE_TAKEOVER, 1, room);
}

static enum err next_scheduled(void *arg, const struct id *after,
			       struct id *out)
{
	struct fanout *r = arg;
	struct id found;
	uint64_t room;
	enum err e;

	do {
		room = 0;
		e = store_schedule_org(r->s, after, &found);
		after = &found;
		if (!e && !locked_has(r->locked, &found))
			e = find_room(r, &found, &room);
	} while (!e && !room);
	if (!e)
		*out = found;
	return e;
}

/* `want`: no more than there is room for. */
static enum err choose_due(struct fanout *r, const struct id *org, size_t *want,
			   size_t *n)
{
	uint64_t room;
	enum err e = find_room(r, org, &room);

	*want = room < *want ? (size_t)room : *want;
	*n = 0;
	return e || !*want ? e
			   : store_schedule_due(r->s, org, *want,
						r->key + r->keys, n);
}

/* Scheduled ones that may not be fanned out hold up no others. */
static enum err choose_before(struct fanout *r, const struct id *org,
			      size_t want, size_t *n)
{
	uint64_t room;
	enum err e = find_room(r, org, &room);

	if (e)
		return e;
	return room ? store_fanout_before(r->s, org, r->newest, want,
					  r->key + r->keys, n)
		    : store_fanout_queued(r->s, org, r->newest, want,
					  r->key + r->keys, n);
}

/* The organization's share of the rows, but at least one. */
static enum err fanout_choose_of(struct fanout *r, const struct id *org)
{
	size_t want = r->max / r->org_count, n;
	enum err e;

	want = want ? want : 1;
	if (r->source == FANOUT_SCHEDULE)
		e = choose_due(r, org, &want, &n);
	else if (r->source == FANOUT_BEFORE)
		e = choose_before(r, org, want, &n);
	else
		e = store_fanout_queued(r->s, org, r->newest, want,
					r->key + r->keys, &n);
	if (e)
		return e;
	r->keys += n;
	r->count.more = r->count.more || n == want;
	return ERR_OK;
}

static enum err fanout_choose(struct fanout *r)
{
	size_t max = r->max < FANOUT_ORGS ? r->max : FANOUT_ORGS;
	bool scheduled = r->source == FANOUT_SCHEDULE;
	enum err e = ERR_OK;

	if (!r->given)
		e = turns_find(r->from,
			       scheduled ? next_scheduled : next_queued, r, max,
			       r->orgs, &r->org_count);
	r->keys = 0;
	r->count.more = !e && r->org_count == max;
	r->place.under_way = r->place.under_way && r->org_count;
	for (size_t i = 0; !e && i < r->org_count; i++)
		e = fanout_choose_of(r, &r->orgs[i]);
	return e;
}

/* ---- spreading ---- */

static int by_time(const void *a, const void *b)
{
	const struct store_matched *x = a, *y = b;

	if (x->accepted_at != y->accepted_at)
		return x->accepted_at < y->accepted_at ? -1 : 1;
	return (x->key > y->key) - (x->key < y->key);
}

static enum err fanout_lock(struct fanout *r)
{
	enum err e = ERR_OK;

	r->found_count = 0;
	if (r->source == FANOUT_SCHEDULE)
		e = store_schedule_lock(r->s, r->key, &r->keys);
	if (e || !r->keys)
		return e;
	e = store_fanout_lock(r->s, &r->arena,
			      r->source == FANOUT_SCHEDULE ? "scheduled"
							   : "queued",
			      r->key, r->keys, r->found, &r->found_count);
	if (r->source == FANOUT_SCHEDULE && r->found_count)
		qsort(r->found, r->found_count, sizeof(*r->found), by_time);
	return e;
}

/* An organization's rows, until they have its share of the deliveries, but at
 * least one. */
static void fanout_take_of(struct fanout *r, const struct id *org)
{
	uint64_t share = FANOUT_DELIVERIES / r->org_count, made = 0;

	for (size_t i = 0; i < r->found_count; i++) {
		const struct store_matched *m = &r->found[i];

		if (!id_equal(&m->organization, org))
			continue;
		if (made && made + m->hook_count > share) {
			r->count.more = true;
			break;
		}
		r->taken[r->count.taken++] = *m;
		made += m->hook_count;
	}
	r->count.made += made;
	turns_took(&r->place, org);
}

static void fanout_take(struct fanout *r)
{
	for (size_t i = 0; i < r->org_count; i++) {
		if (r->count.made >= FANOUT_DELIVERIES) {
			r->count.more = true;
			break;
		}
		fanout_take_of(r, &r->orgs[i]);
	}
}

static bool holds_key(const struct store_matched *rows, size_t n, uint64_t key)
{
	size_t i = 0;

	while (i < n && rows[i].key != key)
		i++;
	return i < n;
}

/* Those that are spread now, and rows without a notification that is scheduled,
 * which a database that has gone back may leave; the others stay. */
static enum err unschedule(struct fanout *r)
{
	uint64_t keys[FANOUT_MAX];
	size_t n = 0;

	for (size_t i = 0; i < r->keys; i++)
		if (holds_key(r->taken, r->count.taken, r->key[i]) ||
		    !holds_key(r->found, r->found_count, r->key[i]))
			keys[n++] = r->key[i];
	return n ? store_schedule_remove(r->s, keys, n) : ERR_OK;
}

static enum err fanout_spread(struct fanout *r)
{
	enum err e = fanout_lock(r);

	if (!e && r->found_count)
		e = store_match_find(r->s, &r->arena, r->found, r->found_count);
	if (e)
		return e;
	fanout_take(r);
	if (r->source == FANOUT_SCHEDULE)
		e = unschedule(r);
	return e ? e : store_fanout_spread(r->s, r->taken, r->count.taken);
}

static enum err fanout_body(struct db *db, void *arg)
{
	struct fanout *r = arg;
	enum err e;

	(void)db;
	arena_release(&r->arena);
	r->count = (struct fanout_count){0};
	r->place = *r->from;
	e = fanout_choose(r);
	if (!e && !r->keys) /* those after them have the next turn */
		for (size_t i = 0; i < r->org_count; i++)
			turns_took(&r->place, &r->orgs[i]);
	return e || !r->keys ? e : fanout_spread(r);
}

/* Adds the new deliveries to the kept counts of max_due. */
static void fanout_tell(const struct fanout *r)
{
	for (size_t i = 0; i < r->count.taken; i++)
		store_due_spread(r->s, &r->taken[i].organization,
				 r->source != FANOUT_SCHEDULE,
				 r->taken[i].hook_count);
}

static enum err fanout_tx(struct fanout *r)
{
	enum err e = db_tx(r->s->db, DB_REPEAT, fanout_body, r);

	if (!e)
		fanout_tell(r);
	arena_release(&r->arena);
	return e;
}

static enum err reject_first(struct db *db, void *arg)
{
	struct fanout *r = arg;
	enum err e;

	(void)db;
	r->count =
		(struct fanout_count){.taken = 1, .rejected = 1, .more = true};
	e = store_fanout_reject(r->s, r->key[0],
				"the database refused the row");
	if (!e && r->source == FANOUT_SCHEDULE)
		e = store_schedule_remove(r->s, r->key, 1);
	return e;
}

/* No queued row should be one that the database refuses; if it refuses one all
 * the same, only this row is rejected, not its neighbours. */
static enum err one_by_one(struct fanout *r)
{
	enum err e;

	r->max = 1;
	e = fanout_tx(r);
	if (e == ERR_INTERNAL && r->keys)
		e = db_tx(r->s->db, DB_REPEAT, reject_first, r);
	return e;
}

static enum err fanout_some(struct fanout *r)
{
	enum err e = fanout_tx(r);

	return e == ERR_INTERNAL ? one_by_one(r) : e;
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
	if (locked_holds_up(r.s->db, e)) {
		locked_put(r.locked, org, e == ERR_INTERNAL);
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

/* An organization that is held up does not hold up the others. */
static enum err fanout_all(struct fanout *r, struct fanout_count *sum)
{
	struct id orgs[LOCKED_MAX];
	size_t n = locked_due(r->locked, orgs);
	enum err e = fanout_some(r);

	if (locked_holds_up(r->s->db, e))
		e = org_by_org(r, r->orgs, r->org_count, sum);
	else if (!e)
		*sum = r->count;
	return e ? e : org_by_org(r, orgs, n, sum);
}

enum err fanout_run(struct store *s, enum fanout_from source,
		    struct turns *place, struct locked *locked, uint64_t newest,
		    struct fanout_count *out)
{
	struct fanout r = {.s = s,
			   .source = source,
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
