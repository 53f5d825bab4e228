/* SPDX-License-Identifier: MIT */
/*
 * ledger: the loop of the database thread: it collects the parcels that came
 * back, does a round when there is a reason, looks for new work, and waits.
 */
#include "deliver/keepsake.h"
#include "deliver/ledger.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "deliver/ledger_duty.h"
#include "deliver/ledger_lock.h"
#include "deliver/ledger_look.h"
#include "deliver/mailbox.h"
#include "deliver/outage.h"
#include "deliver/plan.h"
#include "deliver/round.h"
#include "deliver/round_memory.h"
#include "deliver/round_wait.h"
#include "deliver/watch.h"
#include "store/store_sender.h"

enum {
	/* Lanes that were read empty are read again; hooks that were changed
	 * while their lane is open get their unsent rows back. */
	REREAD_MS = 250,
	HOOKS_MS = 80,	  /* between checks for hooks that were changed */
	REWIND_MS = 1000, /* all other lanes are read again, too */
	NOTE_MS = 10000,  /* between signs of life in vh_senders */
	/* Outcomes are recorded when LANE_PORTION are back, or after this. */
	PATIENCE_MS = 10,
	WAIT_MS = 250,	/* the longest wait: the plan's wish is asked for */
	RETRY_MS = 200, /* while the database cannot be reached */
	CONTENDED_RETRY_MS = 10,
	/* Writers of the same rows on other Galera nodes are not an outage,
	 * unless they win for this long. */
	CONTENDED_MS = 10000,
	/* After a stop nobody waits longer than this: requests in flight have
	 * ended by then (worker.c), and there are 5 s in all. */
	STOP_MS = 4000
};

struct ledger {
	const struct plan *plan;
	struct round round;
	struct parcel_list back; /* returned, not yet recorded */
	int64_t next_reread, next_rewind, next_hooks, next_note;
	int64_t lost_since; /* monotonic; 0: the database can be reached */
	bool contended;	    /* it can be, but other writers were quicker */
	int64_t stop_by;    /* monotonic; 0: no end yet */
	enum plan_wish wish;
	bool gone; /* the database could not be reached for too long */
	struct ledger_duties duties;
	struct ledger_look look;
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

/* Chores have a process of their own, which also finds out why this could not
 * be asked. */
static void ask_for_chores(struct ledger *l)
{
	bool due;

	if (l->plan->chores_due(&l->round.store, &due) || due)
		atomic_store(&l->plan->count->chores, true);
}

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
	ask_for_chores(l);
	return store_sender_note(&l->round.store, &run);
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
	int64_t next = now + WAIT_MS;

	if (l->lost_since)
		return l->contended ? CONTENDED_RETRY_MS : RETRY_MS;
	if (l->back.first || round_is_due(&l->round))
		return 0;
	if (!l->wish)
		next = ledger_earlier(next, ledger_look_next(&l->look));
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
	return l->wish ||
	       (l->plan->once && l->look.in_vain && !round_wait_any(&l->round));
}

/* At the end the sender waits for a lock no longer than a lease: the next one
 * goes on. */
static bool gives_up(const struct ledger *l)
{
	bool once = l->plan->once && l->look.in_vain;

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
	if (!l->contended) {
		keepsake_note_away(l->plan->keepsake);
		(void)outage_note(l->plan->state, OUTAGE_AWAY,
				  db_error_text(db));
	}
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
	if (!e && now >= l->next_note && may_do(l, LEDGER_DUTY_NOTE))
		e = after_duty(l, LEDGER_DUTY_NOTE, note(l));
	if (!e)
		db_keep(l->round.store.db);
	if (!e)
		round_memory_spread(&l->round);
	if (!e)
		ledger_lock_tell(
			&l->round.store, l->plan, &l->told_lock,
			round_wait_lasting(&l->round),
			locked_lasting(&l->look.intake.untaken) +
				locked_lasting(&l->look.intake.unspread) +
				locked_lasting(&l->look.intake.unready));
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
		ledger_look_after_round(&l->look);
	}
	if (!e && !l->wish &&
	    (l->look.intake.more ||
	     clock_monotonic() >= ledger_look_next(&l->look)))
		e = ledger_look_run(&l->look);
	if (!e)
		e = do_duties(l);
	return e;
}

/* Waits, as one who may be woken. What another worker has fanned out may be for
 * lanes that are open here. */
static void wait_for_news(struct ledger *l)
{
	unsigned heard;

	watch_set(l->plan->watch, l->plan->worker,
		  l->round.lane_count		  ? WATCH_OPEN
		  : ledger_look_is_idle(&l->look) ? WATCH_IDLE
						  : WATCH_AWAKE);
	heard = mailbox_collect(l->plan->mailbox, enough(l), PATIENCE_MS,
				patience(l), &l->back);
	l->look.called |= heard != 0;
	if (heard & 1U << MAILBOX_BELL)
		round_reread(&l->round, false);
}

static enum err ledger_loop(struct ledger *l)
{
	enum err e = ERR_OK;

	while (!l->gone && !finished(l)) {
		wait_for_news(l);
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
	round_forget(&l->round, &l->back);
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
	if (!e &&
	    (l->round.refused || l->look.intake.untaken.refused ||
	     l->look.intake.unspread.refused || l->look.intake.unready.refused))
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
	struct ledger l = {.plan = plan};
	enum err e;

	round_init(&l.round, plan);
	ledger_look_init(&l.look, plan, &l.round, &l.duties);
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
