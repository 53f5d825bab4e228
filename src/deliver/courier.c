/* SPDX-License-Identifier: MIT */
/*
 * courier: the loop that fetches parcels, starts requests lane by lane, waits
 * for the network, judges finished requests, and hands the parcels back.
 */
#include "deliver/courier.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "deliver/courier_pace.h"
#include "deliver/lane.h"
#include "deliver/mailbox.h"
#include "outside/attempt.h"
#include "outside/crypt.h"
#include "outside/http.h"
#include "rules/allowance.h"

enum {
	WAIT_MS = 1000,	   /* the mailbox wakes us earlier */
	STOP_WAIT_MS = 50, /* also while a lane is unleased */
	SPARE_SHARE = 16,
	/* Bytes of an answer that comes after too many others. Short answers,
	 * which most are, are kept whole. */
	SHORT_ANSWER = 512
};

/* An organization with parcels here. */
struct courier_org {
	struct courier_org *next;
	struct id id;
	size_t lanes; /* in the ring, or with requests in flight */
	size_t in_flight;
};

struct courier {
	const struct courier_plan *plan;
	struct lane *ring; /* the lane served last; its next is first */
	struct courier_org *orgs;
	size_t in_flight;
	struct parcel_list under_way, back;
	size_t back_count;
	bool stopping; /* starts nothing new */
	bool unleased; /* a lane waits for its ledger to hear of the database */
	/* The earliest time at which a waiting lane may send; monotonic. */
	int64_t wake;
	struct courier_paces paces;
	struct allowance answers;
	int64_t stop_at; /* when requests in flight are cut off; 0: never */
};

static struct parcel *courier_parcel(struct http_request *r)
{
	return (struct parcel *)((char *)r - offsetof(struct parcel, request));
}

/* A process may be stopped at any moment for any time, also when the request
 * was on its way to a connection. */
bool courier_may_send(struct http_request *r)
{
	struct parcel *p = courier_parcel(r);
	int64_t now = clock_monotonic();

	if (atomic_load(&p->lane->shared.recall) ||
	    now >= atomic_load(&p->lane->shared.leave_until) ||
	    now >= atomic_load(&p->lane->shared.heeds_until))
		return false;
	courier_pace_leave(p->lane, p);
	return true;
}

/* Now, by the database's clock. */
static int64_t database_time(const struct lane *l)
{
	return clock_monotonic() + atomic_load(&l->shared.ahead);
}

/* ---- organizations ---- */

static struct courier_org *org_of(struct courier *c, const struct id *id)
{
	struct courier_org *o;

	for (o = c->orgs; o; o = o->next)
		if (id_equal(&o->id, id))
			return o;
	o = xcalloc(1, sizeof(*o));
	o->id = *id;
	o->next = c->orgs;
	c->orgs = o;
	return o;
}

static void org_forget(struct courier *c, struct courier_org *gone)
{
	struct courier_org **at = &c->orgs;

	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
	free(gone);
}

/* A lane counts for its organization while any parcel of it is here. */
static void attach_lane(struct courier *c, struct lane *l)
{
	if (l->courier.org)
		return;
	l->courier.org = org_of(c, &l->facts.hook.organization);
	l->courier.org->lanes++;
	courier_pace_attach(&c->paces, l);
}

static void detach_lane(struct courier *c, struct lane *l)
{
	struct courier_org *o = l->courier.org;

	if (!o || l->courier.in_ring || l->courier.in_flight)
		return;
	l->courier.org = NULL;
	courier_pace_detach(&c->paces, l);
	if (--o->lanes == 0)
		org_forget(c, o);
}

/* While other organizations have work, one gets half of the places. When it is
 * alone, the last few places are only for lanes that have answered: if all of
 * its other lanes hang, a newcomer still finds room. */
static bool org_has_room(const struct courier *c, const struct lane *l)
{
	size_t all = c->plan->concurrency;

	if (l->courier.org->in_flight < (all + 1) / 2)
		return true;
	if (c->orgs->next)
		return false;
	return l->shared.window > LANE_WINDOW_FIRST ||
	       c->in_flight < all - all / SPARE_SHARE;
}

/* ---- the ring: the lanes with parcels to send ---- */

static void ring_add(struct courier *c, struct lane *l)
{
	if (l->courier.in_ring)
		return;
	l->courier.in_ring = true;
	if (!c->ring) {
		c->ring = l->courier.ring_next = l->courier.ring_previous = l;
		return;
	}
	l->courier.ring_next = c->ring; /* the newest comes last */
	l->courier.ring_previous = c->ring->courier.ring_previous;
	l->courier.ring_previous->courier.ring_next = l;
	c->ring->courier.ring_previous = l;
}

/* Called at once when the lane's last parcel leaves `ready`: the ledger may
 * free a lane as soon as all its parcels have come back. */
static void ring_remove(struct courier *c, struct lane *l)
{
	if (!l->courier.in_ring)
		return;
	l->courier.in_ring = false;
	l->courier.ring_next->courier.ring_previous = l->courier.ring_previous;
	l->courier.ring_previous->courier.ring_next = l->courier.ring_next;
	if (c->ring == l)
		c->ring =
			l->courier.ring_next == l ? NULL : l->courier.ring_next;
	detach_lane(c, l);
}

/* ---- handing back ---- */

static void give_back(struct courier *c, struct parcel *p)
{
	parcel_list_add(&c->back, p);
	c->back_count++;
}

static void give_back_unsent(struct courier *c, struct lane *l)
{
	struct parcel *p;

	while ((p = parcel_list_pop(&l->courier.ready)))
		give_back(c, p);
	ring_remove(c, l);
}

static void courier_flush(struct courier *c)
{
	mailbox_return(c->plan->mailbox, &c->back, c->back_count);
	c->back_count = 0;
}

/* ---- sending ---- */

/* No attempt is made: only the publisher set an end. A batch that was not tried
 * yet comes back unchanged, and is made again without the member. */
static void let_expire(struct courier *c, struct lane *l, struct parcel *p)
{
	if (!p->batch) {
		p->expired = true;
		p->outcome = (struct outcome){.verdict = OUTCOME_FAILED};
	}
	if (!l->courier.ready.first)
		ring_remove(c, l);
	give_back(c, p);
}

static void courier_start(struct courier *c, struct lane *l)
{
	struct parcel *p = parcel_list_pop(&l->courier.ready);

	if (parcel_is_late(p, database_time(l))) {
		let_expire(c, l, p);
		return;
	}
	parcel_address(p, database_time(l));
	p->sent = true;
	courier_pace_start(l, p);
	parcel_list_add(&c->under_way, p);
	l->courier.in_flight++;
	l->courier.org->in_flight++;
	c->in_flight++;
	if (!l->courier.ready.first)
		ring_remove(c, l);
	http_start(c->plan->http, &p->request);
}

static bool is_leased(struct courier *c, const struct lane *l, int64_t now)
{
	if (now < atomic_load(&l->shared.send_until) &&
	    now < atomic_load(&l->shared.heeds_until))
		return true;
	c->unleased = true;
	return false;
}

static bool is_its_time(struct courier *c, const struct lane *l, int64_t now)
{
	int64_t next = courier_pace_next(l);

	if (next > now && next < c->wake)
		c->wake = next;
	return next <= now;
}

static bool may_send(struct courier *c, const struct lane *l, int64_t now)
{
	return is_its_time(c, l, now) && org_has_room(c, l) &&
	       is_leased(c, l, now);
}

/* Starts one parcel of each lane in turn, until all places are taken or no lane
 * may send. */
static void courier_serve(struct courier *c)
{
	const struct lane *stuck = NULL;
	int64_t now = clock_monotonic();

	c->unleased = false;
	c->wake = INT64_MAX;
	while (c->ring && c->in_flight < c->plan->concurrency) {
		struct lane *l = c->ring;

		if (!may_send(c, l, now)) {
			if (l == stuck)
				return; /* a whole turn without a start */
			stuck = stuck ? stuck : l;
			c->ring = l->courier.ring_next;
			continue;
		}
		stuck = NULL;
		c->ring = l->courier.ring_next;
		courier_start(c, l);
	}
}

static void heed_recalls(struct courier *c)
{
	struct lane *l = c->ring, *last;

	if (!l || !mailbox_recalls(c->plan->mailbox))
		return;
	last = l->courier.ring_previous;
	for (;;) {
		struct lane *next = l->courier.ring_next;
		bool end = l == last;

		if (atomic_load(&l->shared.recall))
			give_back_unsent(c, l);
		if (end)
			return;
		l = next;
	}
}

static void accept_parcels(struct courier *c, struct parcel_list *list)
{
	struct parcel *p;

	while ((p = parcel_list_pop(list))) {
		struct lane *l = p->lane;

		if (c->stopping || l->courier.halted ||
		    atomic_load(&l->shared.recall)) {
			give_back(c, p);
			continue;
		}
		parcel_list_add(&l->courier.ready, p);
		attach_lane(c, l);
		ring_add(c, l);
	}
}

/* ---- outcomes ---- */

static void adjust_window(const struct courier *c, struct lane *l,
			  const struct outcome *o)
{
	if (l->facts.hook.ordered || o->pressed)
		return;
	if (o->timeout)
		l->shared.window =
			l->shared.window > 1 ? l->shared.window / 2 : 1;
	else if (o->answered && !atomic_load(&l->shared.pause) &&
		 l->shared.window < c->plan->hook_concurrency)
		l->shared.window++;
}

/* Each member of a batch has the answer with its own attempt. */
static void keep_less(struct courier *c, struct parcel *p)
{
	struct attempt *a = &p->request.attempt;
	size_t bytes = a->headers.len + a->body.len;

	if (bytes > SHORT_ANSWER &&
	    !allowance_take(&c->answers, &p->lane->facts.hook.organization,
			    p->count * bytes, c->plan->answers_limit,
			    clock_monotonic()))
		attempt_cut(a, SHORT_ANSWER);
}

static void courier_done(struct courier *c, struct parcel *p)
{
	struct outcome_policy policy = c->plan->policy;
	struct lane *l = p->lane;

	policy.ping = l->facts.ping;
	parcel_list_remove(&c->under_way, p);
	c->in_flight--;
	l->courier.in_flight--;
	l->courier.org->in_flight--;
	outcome_judge(&p->request.attempt, &policy, parcel_tries(p),
		      crypt_random_fraction(), database_time(l), &p->outcome);
	if (p->outcome.verdict == OUTCOME_RETURNED)
		p->sent = false;
	keep_less(c, p);
	adjust_window(c, l, &p->outcome);
	courier_pace_end(&c->paces, l, p);
	if (outcome_stops_lane(&p->outcome) ||
	    (c->plan->once && atomic_load(&l->shared.pause))) {
		l->courier.halted = true;
		give_back_unsent(c, l);
	}
	detach_lane(c, l);
	give_back(c, p);
}

static void courier_collect(struct courier *c)
{
	struct http_request *r;

	while ((r = http_done(c->plan->http)))
		courier_done(c, courier_parcel(r));
}

/* ---- the end ---- */

static void heed_stop(struct courier *c)
{
	enum mailbox_stop stop = mailbox_stopping(c->plan->mailbox);
	struct parcel *p, *next;

	if (stop == MAILBOX_GO_ON)
		return;
	c->stopping = true;
	while (c->ring)
		give_back_unsent(c, c->ring);
	if (stop != MAILBOX_STOP_NOW)
		return;
	if (!c->stop_at)
		c->stop_at = clock_monotonic() + c->plan->stop_ms;
	if (clock_monotonic() < c->stop_at)
		return;
	for (p = c->under_way.first; p; p = next) {
		next = p->next;
		http_stop(c->plan->http, &p->request);
	}
}

static int64_t courier_patience(const struct courier *c)
{
	int64_t ms = c->stopping || c->unleased ? STOP_WAIT_MS : WAIT_MS;
	int64_t left = c->wake - clock_monotonic();

	if (left > ms)
		return ms;
	return left > 0 ? left : 0;
}

void courier_run(const struct courier_plan *plan)
{
	struct courier c = {.plan = plan, .wake = INT64_MAX};
	struct parcel_list fetched = {0};

	for (;;) {
		bool more = mailbox_fetch(plan->mailbox, &fetched);

		accept_parcels(&c, &fetched);
		heed_stop(&c);
		heed_recalls(&c);
		courier_serve(&c);
		courier_collect(&c);
		courier_flush(&c);
		if (!more && !c.in_flight && !c.ring)
			break;
		http_wait(plan->http, courier_patience(&c));
		courier_collect(&c);
		courier_flush(&c);
	}
	courier_paces_release(&c.paces);
}
