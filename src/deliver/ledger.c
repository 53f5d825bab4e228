/* SPDX-License-Identifier: MIT */
/*
 * ledger: the loop of the database thread: it collects the parcels that came
 * back, does a round when there is a reason, looks for new work, and waits.
 */
#include "deliver/ledger.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "deliver/intake.h"
#include "deliver/ledger_clock.h"
#include "deliver/ledger_duty.h"
#include "deliver/ledger_lock.h"
#include "deliver/mailbox.h"
#include "deliver/outage.h"
#include "deliver/plan.h"
#include "deliver/round.h"
#include "deliver/round_look.h"
#include "deliver/round_memory.h"
#include "deliver/round_wait.h"
#include "store/store_sender.h"

enum {
	/* An idle sender asks this often: half of it is the mean wait of a
	 * new notification; 25 cheap queries a second cost under 0.5 % of a
	 * core (bench/). Other workers of the same run ask less often. */
	IDLE_MS = 40,
	IDLE_OTHERS_MS = 250,
	BUSY_MS = 10, /* between queries for new work while there is work */
	/* Lanes that were read empty are read again; hooks that were changed
	 * while their lane is open get their unsent rows back. */
	REREAD_MS = 250,
	HOOKS_MS = 80,	  /* between checks for hooks that were changed */
	REWIND_MS = 1000, /* all other lanes are read again, too */
	NOTE_MS = 10000,  /* between signs of life in vh_senders */
	/* Outcomes are recorded when LANE_PORTION are back, or after this. */
	PATIENCE_MS = 10,
	RETRY_MS = 200, /* while the database cannot be reached */
	/* Writers of the same rows on other Galera nodes are not an outage,
	 * unless they win for this long. */
	CONTENDED_MS = 10000,
	/* After a stop nobody waits longer than this: requests in flight have
	 * ended by then (worker.c), and there are 5 s in all. */
	STOP_MS = 4000,
	SHARE_MS = 50,	/* between taking more lanes while there is work */
	TAKE_FIRST = 4, /* lanes taken in one round, at first */
	TAKE_MAX = 128	/* and at most, while free places remain */
};

struct ledger {
	const struct plan *plan;
	struct round round;
	struct parcel_list back; /* returned, not yet recorded */
	int64_t next_look, next_share, next_reread, next_rewind, next_hooks,
		next_note;
	int64_t lost_since; /* monotonic; 0: the database can be reached */
	bool contended;	    /* it can be, but other writers were quicker */
	int64_t stop_by;    /* monotonic; 0: no end yet */
	enum plan_wish wish;
	struct intake intake;
	bool looked_in_vain;
	size_t take; /* lanes to look for */
	bool full;   /* as many were found: there may be more */
	bool gone;   /* the database could not be reached for too long */
	struct ledger_duties duties;
	struct ledger_clock clock;
	bool told_lock;
};

static bool may_do(const struct ledger *l, enum ledger_duty which)
{
	return ledger_duty_is_on(&l->duties, which);
}

static enum err after_duty(struct ledger *l, enum ledger_duty which, enum err e)
{
	return ledger_duty_done(&l->duties, which, e, l->round.store.db,
				!l->round.lane_count);
}

/* ---- signs of life ---- */

static enum err note(struct ledger *l)
{
	const struct plan_count *c = l->plan->count;
	struct store_run run = {
		.host = l->plan->host,
		.started_at = l->plan->started_at,
		.delivered = atomic_load(&c->delivered),
		.failed = atomic_load(&c->failed),
		.retried = atomic_load(&c->retried),
	};

	if (l->plan->worker != 0)
		return ERR_OK;
	l->next_note = clock_monotonic() + NOTE_MS;
	return store_sender_note(&l->round.store, &run);
}

/* ---- new work ---- */

static enum err take_over(struct ledger *l)
{
	return intake_take_over(&l->round.store, &l->intake);
}

static enum err fan_out(struct ledger *l)
{
	enum err e = intake_fan_out(&l->round.store, &l->intake);

	if (!e && l->intake.made)
		round_reread(&l->round, false);
	return e;
}

/* A sender with little work takes all lanes that are due, and more each time. A
 * busy one takes half of those it sees, and then pauses, so that other senders
 * that see the same lanes get their part. */
static enum err look_for_lanes(struct ledger *l)
{
	bool busy = l->round.out >= l->plan->concurrency / 4;
	bool greedy = l->round.greedy_count > 0; /* some are left out */
	int64_t now = clock_monotonic();
	enum err e;

	l->full = l->looked_in_vain = false;
	if (!round_look_has_room(&l->round) ||
	    round_memory_settles(&l->round) ||
	    ((busy || greedy) && now < l->next_share))
		return ERR_OK;
	e = round_look(&l->round, l->take);
	l->looked_in_vain =
		!e && !greedy && !l->round.due_count && !l->intake.more;
	l->full = !busy && !l->round.contended && l->round.due_count == l->take;
	if (busy)
		l->round.due_count = (l->round.due_count + 1) / 2;
	l->next_share = now + (greedy && !l->round.due_count ? IDLE_OTHERS_MS
							     : SHARE_MS);
	if (!l->full)
		l->take = TAKE_FIRST;
	else if (l->take < TAKE_MAX)
		l->take *= 2;
	return e;
}

/* Looks no later than a lane's rate limit has a token again. */
static void look_in_time(struct ledger *l)
{
	int64_t wake = l->round.wake;

	if (wake > clock_monotonic() && wake < l->next_look)
		l->next_look = wake;
}

static int64_t until_next_look(const struct ledger *l)
{
	if (l->full)
		return 0;
	if (!l->looked_in_vain || l->round.lane_count)
		return BUSY_MS;
	return l->plan->worker ? IDLE_OTHERS_MS : IDLE_MS;
}

/* Looks for published notifications and for lanes that are due. With `once` the
 * intake was done before, so that due rows differ from those that came later.
 */
static enum err ledger_look(struct ledger *l)
{
	enum err e = ERR_OK;

	intake_begin(&l->intake);
	if (!l->plan->once && may_do(l, LEDGER_DUTY_TAKEOVER))
		e = after_duty(l, LEDGER_DUTY_TAKEOVER, take_over(l));
	if (!e && !l->plan->once && may_do(l, LEDGER_DUTY_FANOUT))
		e = after_duty(l, LEDGER_DUTY_FANOUT, fan_out(l));
	if (!e && may_do(l, LEDGER_DUTY_LANES))
		e = after_duty(l, LEDGER_DUTY_LANES, look_for_lanes(l));
	if (e)
		return e; /* the next step looks again at once */
	l->next_look = clock_monotonic() + until_next_look(l);
	look_in_time(l);
	return ERR_OK;
}

/* ---- time ---- */

static void heed_wish(struct ledger *l)
{
	enum plan_wish wish = l->plan->wish(l->plan->arg);

	if (wish <= l->wish)
		return;
	l->wish = wish;
	if (wish == PLAN_STOP)
		l->stop_by = clock_monotonic() + STOP_MS;
	round_close_all(&l->round);
	mailbox_stop(l->plan->mailbox, wish == PLAN_STOP ? MAILBOX_STOP_NOW
							 : MAILBOX_NOTHING_NEW);
}

static int64_t ledger_earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* How long the ledger may sleep if no parcel comes back. */
static int64_t patience(const struct ledger *l)
{
	int64_t now = clock_monotonic();
	int64_t next = now + IDLE_OTHERS_MS;

	if (l->lost_since)
		return l->contended ? BUSY_MS : RETRY_MS;
	if (l->back.first || round_is_due(&l->round))
		return 0;
	if (!l->wish)
		next = ledger_earlier(next, l->next_look);
	return next > now ? next - now : 0;
}

/* Half of the parcels that are out suffice, so that a short queue does not
 * wait. */
static size_t enough(const struct ledger *l)
{
	size_t half = (l->round.parcels + 1) / 2;

	return half < LANE_PORTION ? half : LANE_PORTION;
}

static bool finished(const struct ledger *l)
{
	if (l->back.first || l->round.lane_count || l->round.in_doubt)
		return false;
	return l->wish || (l->plan->once && l->looked_in_vain &&
			   !round_wait_any(&l->round));
}

/* At the end the sender waits for a lock no longer than a lease: the next one
 * goes on. */
static bool gives_up(const struct ledger *l)
{
	bool once = l->plan->once && l->looked_in_vain;

	if (l->back.first || (!l->wish && !once))
		return false;
	return round_wait_is_vain(&l->round, once && !l->wish) ||
	       (l->stop_by && clock_monotonic() >= l->stop_by &&
		round_wait_any(&l->round));
}

/* ---- the database comes and goes ---- */

/* Outcomes wait in memory; when the leases are gone they are worthless, because
 * other senders may be sending the same deliveries again, marked. */
static enum err lost(struct ledger *l, enum err e)
{
	int64_t now = clock_monotonic();
	struct db *db = l->round.store.db;

	if (e != ERR_TEMP) {
		store_complain(db, l->plan->conf, e);
		l->gone = true;
		return e;
	}
	l->lost_since = l->lost_since ? l->lost_since : now;
	l->contended = db_locked(db) ||
		       (db_contended(db) && now - l->lost_since < CONTENDED_MS);
	if (!l->contended)
		(void)outage_note(l->plan->state, OUTAGE_AWAY,
				  db_error_text(db));
	if (now - l->lost_since > l->plan->conf->sender.lease ||
	    (l->stop_by && (now >= l->stop_by || !l->round.out)))
		l->gone = true;
	return e;
}

static void found(struct ledger *l)
{
	if (l->lost_since)
		outage_end(l->plan->state, OUTAGE_AWAY);
	l->lost_since = 0;
}

static enum err give_up(struct ledger *l)
{
	l->gone = true;
	if (round_wait_is_refused(&l->round)) {
		log_error("some deliveries wait, because the database refuses "
			  "their rows: the next run tries again");
		return ERR_INTERNAL;
	}
	log_warn("some deliveries still wait for a lock that another client "
		 "of the database holds: the next run goes on");
	return ERR_TEMP;
}

/* The database layer asks before it repeats. */
static bool is_stopping(void *arg)
{
	const struct ledger *l = arg;

	return l->plan->wish(l->plan->arg) == PLAN_STOP;
}

/* ---- the loop ---- */

static enum err do_duties(struct ledger *l)
{
	int64_t now = clock_monotonic();
	enum err e = ERR_OK;

	if (now >= l->next_reread) {
		bool all = now >= l->next_rewind;

		l->next_reread = now + REREAD_MS;
		if (all)
			l->next_rewind = now + REWIND_MS;
		round_reread(&l->round, all);
	}
	if (now >= l->next_hooks && may_do(l, LEDGER_DUTY_HOOKS)) {
		l->next_hooks = now + HOOKS_MS;
		e = after_duty(l, LEDGER_DUTY_HOOKS,
			       round_check_hooks(&l->round));
	}
	if (!e && l->plan->worker == 0 && may_do(l, LEDGER_DUTY_CLOCK))
		e = after_duty(l, LEDGER_DUTY_CLOCK,
			       ledger_clock_watch(&l->clock, &l->round.store));
	if (!e && now >= l->next_note && may_do(l, LEDGER_DUTY_NOTE))
		e = after_duty(l, LEDGER_DUTY_NOTE, note(l));
	if (!e)
		round_memory_spread(&l->round);
	if (!e)
		ledger_lock_tell(&l->round.store, l->plan, &l->told_lock,
				 round_wait_lasting(&l->round),
				 locked_lasting(&l->intake.untaken) +
					 locked_lasting(&l->intake.unspread));
	return e;
}

static enum err step(struct ledger *l)
{
	enum err e = ERR_OK;
	int64_t now;

	/* Perhaps no other query is due that would show that it is back. */
	if (l->lost_since)
		e = store_now(&l->round.store, &now);
	if (!e)
		e = round_memory_watch(&l->round);
	if (e)
		return e;
	if (l->back.first || round_is_due(&l->round)) {
		e = round_run(&l->round, &l->back);
		l->looked_in_vain = false; /* a round may give lanes back */
		look_in_time(l);
	}
	if (!e && !l->wish &&
	    (l->intake.more || clock_monotonic() >= l->next_look))
		e = ledger_look(l);
	if (!e)
		e = do_duties(l);
	return e;
}

static enum err ledger_loop(struct ledger *l)
{
	enum err e = ERR_OK;

	while (!l->gone && !finished(l)) {
		mailbox_collect(l->plan->mailbox, enough(l), PATIENCE_MS,
				patience(l), &l->back);
		heed_wish(l);
		if (finished(l))
			break;
		e = step(l);
		if (e)
			e = lost(l, e);
		else
			found(l);
		if (!e && gives_up(l))
			e = give_up(l);
	}
	return e;
}

/* After a long outage of the database: gives up everything in flight without
 * recording it. */
static void abandon(struct ledger *l)
{
	round_abandon(&l->round);
	mailbox_stop(l->plan->mailbox, MAILBOX_STOP_NOW);
	while (l->round.out) {
		mailbox_collect(l->plan->mailbox, 1, 0, 1000, &l->back);
		round_forget(&l->round, &l->back);
	}
}

/* Counts that cannot be written are no reason to call the run a failure. */
static enum err end(struct ledger *l)
{
	enum err e;

	(void)round_write_tally(&l->round);
	e = after_duty(l, LEDGER_DUTY_NOTE, note(l));
	if (!e && (l->round.refused || l->intake.untaken.refused ||
		   l->intake.unspread.refused))
		e = ERR_INTERNAL;
	return e ? e : l->duties.refused;
}

/* An account may have too few connections for all workers: then the database is
 * there, and others of the run go on. */
static void say_unconnected(const struct ledger *l)
{
	const struct db *db = l->round.store.db;

	if (db_answers(db))
		log_error("a worker gets no connection to the database: %s",
			  db_error_text(db));
	else
		(void)outage_note(l->plan->state, OUTAGE_AWAY,
				  db_error_text(db));
}

enum err ledger_run(const struct plan *plan)
{
	struct ledger l = {.plan = plan, .take = TAKE_FIRST};
	enum err e;

	round_init(&l.round, plan);
	db_abandon(l.round.store.db, is_stopping, &l);
	e = store_connect(&l.round.store);
	if (e == ERR_TEMP)
		say_unconnected(&l);
	if (!e)
		e = after_duty(&l, LEDGER_DUTY_NOTE, note(&l));
	if (!e)
		e = ledger_loop(&l);
	if (e)
		abandon(&l);
	else
		e = end(&l);
	round_release(&l.round);
	mailbox_end(plan->mailbox);
	return e;
}
