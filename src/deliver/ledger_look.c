/* SPDX-License-Identifier: MIT */
/*
 * ledger_look: the question, the intake, the lanes that are due; and the time
 * of the next question.
 */
#include "deliver/ledger_look.h"

#include "base/clock.h"
#include "base/text.h"
#include "deliver/ledger_duty.h"
#include "deliver/plan.h"
#include "deliver/round.h"
#include "deliver/round_look.h"
#include "deliver/round_memory.h"
#include "deliver/round_wait.h"
#include "deliver/watch.h"
#include "store/store_look.h"

enum {
	BUSY_MS = 10,	/* between looks while there is work */
	GREED_MS = 250, /* while others may take the lanes that are due */
	SHARE_MS = 20,	/* between taking more lanes while there is work */
	RING_MS = 250,	/* between waking others that still sleep */
	TAKE_FIRST = 4, /* lanes taken in one round, at first */
	TAKE_MAX = 128	/* upper bound while free places remain */
};

void ledger_look_init(struct ledger_look *l, const struct plan *plan,
		      struct round *round, struct ledger_duties *duties)
{
	*l = (struct ledger_look){.plan = plan,
				  .round = round,
				  .duties = duties,
				  .take = TAKE_FIRST};
}

/* What this worker leaves out, another one may try. */
static bool may_look(struct ledger_look *l, enum ledger_duty which)
{
	bool on = ledger_duty_is_on(l->duties, which);

	l->left |= !on;
	return on;
}

static enum err after_look(struct ledger_look *l, enum ledger_duty which,
			   enum err e)
{
	return ledger_duty_done(l->duties, which, e, l->round->store.db,
				!l->round->lane_count);
}

/* ---- what there is to do ---- */

/* What there is to do. If the database refuses the question, each part of the
 * work is tried. */
static enum err look_ask(struct ledger_look *l, struct store_look *look)
{
	int64_t before = clock_monotonic();
	enum err e = ERR_OK;

	*look = (struct store_look){.outbox = true,
				    .queued = true,
				    .due = true,
				    .scheduled = TIME_NONE};
	if (ledger_duty_is_on(l->duties, LEDGER_DUTY_LOOK))
		e = after_look(l, LEDGER_DUTY_LOOK,
			       store_look(&l->round->store, look));
	if (!e && look->now && !l->plan->worker &&
	    ledger_duty_is_on(l->duties, LEDGER_DUTY_CLOCK))
		e = after_look(l, LEDGER_DUTY_CLOCK,
			       ledger_clock_watch(&l->clock, &l->round->store,
						  before));
	return e;
}

static enum err fan_out(struct ledger_look *l, const struct store_look *look)
{
	enum err e = intake_fan_out(&l->round->store, &l->intake, look->due);

	if (e || !l->intake.made)
		return e;
	round_reread(l->round, false);
	watch_ring(l->plan->watch, WATCH_OPEN, l->plan->worker);
	return ERR_OK;
}

/* With `once` the intake was done before, so that due rows differ from those
 * that came later. A database that has gone back gives keys out again, and a
 * second tells apart the ids that are made of them: so long nothing is taken
 * over. */
static enum err take_in(struct ledger_look *l, const struct store_look *look)
{
	enum err e = ERR_OK;

	intake_begin(&l->intake);
	if (l->plan->once)
		return ERR_OK;
	if (round_memory_settles(l->round)) {
		l->left = true;
		return ERR_OK;
	}
	if (look->outbox && may_look(l, LEDGER_DUTY_TAKEOVER))
		e = after_look(l, LEDGER_DUTY_TAKEOVER,
			       intake_take_over(&l->round->store, &l->intake));
	if (!e && (look->due || look->queued || l->intake.taken) &&
	    may_look(l, LEDGER_DUTY_FANOUT))
		e = after_look(l, LEDGER_DUTY_FANOUT, fan_out(l, look));
	return e;
}

/* A sender with little work takes all lanes that are due, and more each time. A
 * busy one takes half of those it sees, and then pauses, so that other senders
 * that see the same lanes get their part. */
static enum err look_for_lanes(struct ledger_look *l)
{
	bool busy = l->round->out >= l->plan->concurrency / 4;
	bool greedy = l->round->greedy_count > 0; /* some are left out */
	int64_t now = clock_monotonic();
	enum err e;

	if (!round_look_has_room(l->round) || round_memory_settles(l->round) ||
	    ((busy || greedy) && now < l->next_share)) {
		l->left = true;
		return ERR_OK;
	}
	e = round_look(l->round, l->take);
	l->in_vain = !e && !greedy && !l->round->due_count && !l->intake.more;
	l->full =
		!busy && !l->round->contended && l->round->due_count == l->take;
	l->left |= l->full || greedy || (busy && l->round->due_count > 1);
	if (busy)
		l->round->due_count = (l->round->due_count + 1) / 2;
	l->next_share =
		now + (greedy && !l->round->due_count ? GREED_MS : SHARE_MS);
	if (!l->full)
		l->take = TAKE_FIRST;
	else if (l->take < TAKE_MAX)
		l->take *= 2;
	return e;
}

/* The intake, another sender's too, makes lanes due after the question. A lane
 * that waits for a lock is due until it is seen that it is not. */
static enum err look_if_due(struct ledger_look *l,
			    const struct store_look *look)
{
	bool due = look->lane != TIME_NONE && look->lane <= look->now;

	l->full = l->in_vain = false;
	due |= l->plan->once || look->outbox || look->queued || look->due ||
	       round_wait_any(l->round);
	if (due && may_look(l, LEDGER_DUTY_LANES))
		return after_look(l, LEDGER_DUTY_LANES, look_for_lanes(l));
	l->in_vain = !l->intake.more && !l->round->due_count;
	return ERR_OK;
}

/* Those who sleep are woken for what this worker does not do itself. A lane
 * that another host has leased may come back soon. */
static void tell_others(struct ledger_look *l, const struct store_look *look)
{
	struct watch *w = l->plan->watch;

	if (look->outbox || look->queued || look->due || look->leased ||
	    l->round->due_count)
		watch_stir(w);
	if (!l->left && !l->intake.more) {
		watch_looked(w);
		return;
	}
	if (clock_monotonic() < l->next_ring)
		return;
	l->next_ring = clock_monotonic() + RING_MS;
	watch_ring(w, WATCH_IDLE, l->plan->worker);
}

/* Looks no later than a lane's rate limit has a token again. */
static void look_in_time(struct ledger_look *l)
{
	int64_t wake = l->round->wake;

	if (wake > clock_monotonic() && wake < l->next)
		l->next = wake;
}

bool ledger_look_is_idle(const struct ledger_look *l)
{
	return l->in_vain && !l->round->lane_count;
}

/* Looks no later than `at`, a time of the database. */
static void look_by(struct ledger_look *l, const struct store_look *look,
		    int64_t at)
{
	int64_t now = clock_monotonic();

	if (at > look->now && now + (at - look->now) < l->next)
		l->next = now + (at - look->now);
}

/* Without a lane: when the first one is due, unless new work comes before. */
static void set_next_look(struct ledger_look *l, const struct store_look *look)
{
	int64_t now = clock_monotonic();

	l->last = now;
	if (l->full)
		l->next = now;
	else if (!ledger_look_is_idle(l))
		l->next = now + BUSY_MS;
	else
		l->next = INT64_MAX;
	if (ledger_look_is_idle(l)) {
		look_by(l, look, look->lane);
		look_by(l, look, look->scheduled);
	}
	look_in_time(l);
}

int64_t ledger_look_next(const struct ledger_look *l)
{
	int64_t next;

	if (!ledger_look_is_idle(l))
		return l->next;
	if (l->called)
		return 0;
	next = watch_next(l->plan->watch, l->plan->worker, l->last,
			  l->plan->conf->sender.poll);
	return next < l->next ? next : l->next;
}

enum err ledger_look_run(struct ledger_look *l)
{
	struct store_look look;
	enum err e;

	l->called = l->left = false;
	e = look_ask(l, &look);
	if (!e)
		e = take_in(l, &look);
	if (!e)
		e = look_if_due(l, &look);
	if (e)
		return e; /* the next step looks again at once */
	tell_others(l, &look);
	set_next_look(l, &look);
	return ERR_OK;
}

void ledger_look_after_round(struct ledger_look *l)
{
	int64_t soon = clock_monotonic() + BUSY_MS;

	l->in_vain = false;
	l->next = l->next < soon ? l->next : soon;
	look_in_time(l);
	watch_stir(l->plan->watch);
}
