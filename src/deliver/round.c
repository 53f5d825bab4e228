/* SPDX-License-Identifier: MIT */
/*
 * round: the lanes that a round works on, and the consequences of its COMMIT.
 * The transaction itself is in round_tx.c.
 */
#include "deliver/round.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "deliver/mailbox.h"
#include "deliver/plan.h"
#include "deliver/round_doubt.h"
#include "deliver/round_keep.h"
#include "deliver/round_look.h"
#include "deliver/round_memory.h"
#include "deliver/round_part.h"
#include "deliver/round_tx.h"
#include "deliver/round_wait.h"
#include "deliver/tally.h"
#include "outside/crypt.h"
#include "store/store_quiet.h"

enum {
	/* For recording an outcome, and for different clocks of database
	 * nodes. With RENEW_MS it is less than the margin that conf_check.c
	 * demands of a lease. */
	MARGIN_MS = 3000,
	RENEW_MS = 1000,
	/* A look at the hooks holds for so long: for less than whoever changes
	 * a hook waits, because a request may leave at the last moment. */
	HEED_MS = STORE_QUIET_MS - 500,
	TRIES = 3 /* of a round whose COMMIT gets no answer */
};

/* How long before its lease ends a lane's last request may begin. */
static int64_t worst_attempt(const struct round *r)
{
	return r->plan->conf->sender.timeout + MARGIN_MS;
}

/* Turns of different runs differ in their upper half. */
static uint64_t first_turn(void)
{
	uint32_t run;

	crypt_random(&run, sizeof(run));
	return (uint64_t)run << 32;
}

void round_init(struct round *r, const struct plan *plan)
{
	*r = (struct round){.plan = plan,
			    .turn = first_turn(),
			    .memory.doubt_before = TIME_NONE};
	r->tally = tally_new();
	round_wait_init(r);
	arena_init(&r->arena);
	store_init(&r->store, plan->conf, DB_SENDER);
}

void round_release(struct round *r)
{
	round_tx_forget(r);
	for (size_t i = 0; i < r->lane_count; i++)
		lane_free(r->lane[i]);
	arena_release(&r->arena);
	round_wait_release(r);
	store_release(&r->store);
	free(r->tally);
}

const char *round_hook_id(const struct round *r, const struct lane *l,
			  char out[ID_TEXT_SIZE])
{
	struct id id;

	store_id(&r->store, &id, ID_HOOK, l->facts.hook.created_at,
		 l->facts.hook.hook);
	id_format(out, &id);
	return out;
}

/* ---- the lanes of a round ---- */

/* Whether rows should be read: the lane is open and has room. */
static bool hungry(const struct round *r, const struct lane *l)
{
	return !l->ledger.closing && !l->ledger.lost && !l->ledger.drained &&
	       lane_room(l, &l->ledger.row, l->ledger.out) &&
	       r->bytes < ROUND_BYTES_MAX &&
	       !round_look_is_greedy(r, &l->facts.hook.organization) &&
	       clock_monotonic() >= l->ledger.rate_until;
}

/* Early enough that sending need not pause (see send_until). */
static bool must_renew(const struct round *r, const struct lane *l)
{
	int64_t left = l->ledger.lease_end - clock_monotonic();

	return !l->ledger.lost && (left < r->plan->conf->sender.lease * 2 / 3 ||
				   left < worst_attempt(r) + RENEW_MS);
}

bool round_needs(const struct round *r, const struct lane *l)
{
	uint64_t number = l->ledger.row.lane;

	if (r->wait_count && round_wait_find(r, number))
		return !round_wait_rests(r, number);
	return !l->ledger.out || (l->ledger.tells && !l->ledger.lost) ||
	       hungry(r, l) || must_renew(r, l);
}

static bool counts_are_due(const struct round *r)
{
	return tally_is_due(r->tally, clock_monotonic()) &&
	       !round_wait_rests(r, ROUND_WAIT_TALLY);
}

bool round_is_due(const struct round *r)
{
	if (r->due_count || r->in_doubt || counts_are_due(r))
		return true;
	for (size_t i = 0; i < r->lane_count; i++)
		if (round_needs(r, r->lane[i]))
			return true;
	return false;
}

/* ---- after the COMMIT ---- */

/* A row that an ordered lane postpones keeps its due time, so a run with `once`
 * finds it when it counts the rest. A row held after a 410 is no retry. */
static void round_count(const struct round *r, const struct parcel *p)
{
	struct plan_count *c = r->plan->count;

	if (!parcel_is_over(p) || p->lane->draft.lost)
		return;
	if (!p->lane->facts.ping && p->sent)
		tally_parcel(r->tally, p, r->now,
			     p->started_at +
				     p->request.attempt.total_us / 1000);
	if (p->outcome.verdict == OUTCOME_DELIVERED)
		atomic_fetch_add(&c->delivered, p->count);
	else if (p->outcome.verdict == OUTCOME_FAILED)
		atomic_fetch_add(&c->failed, p->count);
	else if (p->outcome.verdict != OUTCOME_GONE && !p->outcome.at_once &&
		 (!r->plan->once || !p->lane->facts.hook.ordered))
		atomic_fetch_add(&c->retried, p->count);
}

static void put_away(struct round *r, struct parcel *p)
{
	r->out -= p->count;
	r->parcels--;
	r->bytes -= p->body_len;
	p->lane->ledger.bytes -= p->body_len;
	parcel_free(p);
}

static void clear_back(struct round *r)
{
	struct parcel *p;

	if (r->writes_tally)
		tally_clear(r->tally);
	while ((p = parcel_list_pop(r->back))) {
		round_count(r, p);
		round_keep_count(r, p);
		if (p->sent)
			lane_adjust(p->lane, &p->outcome, p->count);
		put_away(r, p);
	}
}

static void recall(struct round *r, struct lane *l)
{
	l->ledger.closing = true;
	if (atomic_exchange(&l->shared.recall, true))
		return;
	mailbox_recall(r->plan->mailbox);
}

static void renew(const struct round *r, struct lane *l)
{
	l->ledger.lease_end = r->lease_end;
	l->ledger.leased_until = r->now + r->plan->conf->sender.lease;
	atomic_store(&l->shared.send_until, r->lease_end - worst_attempt(r));
	atomic_store(&l->shared.leave_until, r->lease_end - MARGIN_MS);
	atomic_store(&l->shared.ahead, r->now - r->clock);
}

/* The lane's hook was looked at after `from`, monotonic. */
static void heed(struct lane *l, int64_t from)
{
	atomic_store(&l->shared.heeds_until, from + HEED_MS);
}

/* Reading continues after the last row taken; batches take some out of order.
 */
static void read_on(struct lane *l)
{
	for (size_t i = 0; i < l->draft.row_count; i++) {
		const struct store_lane_row *row = &l->draft.rows[i];

		if (row->due_at < l->ledger.after_due ||
		    (row->due_at == l->ledger.after_due &&
		     row->key < l->ledger.after_key))
			continue;
		l->ledger.after_due = row->due_at;
		l->ledger.after_key = row->key;
	}
}

static void rewind_lane(struct lane *l)
{
	l->ledger.drained = false;
	l->ledger.after_due = 0;
	l->ledger.after_key = 0;
}

static void wait_for_rate(struct round *r, struct lane *l)
{
	enum { ROUNDING_MS = 2 }; /* of the database's clock and of ours */
	int64_t now = clock_monotonic();
	int64_t wake = now + l->draft.rate_wait + ROUNDING_MS;

	l->ledger.rate_until = now + l->draft.rate_wait;
	if (r->wake <= now || r->wake > wake)
		r->wake = wake;
}

static void apply(struct round *r, struct lane *l, struct parcel_list *out)
{
	char id[ID_TEXT_SIZE];

	if (l->draft.lost && !l->ledger.lost && !l->draft.earlier)
		log_warn("the lease on hook %s was lost",
			 round_hook_id(r, l, id));
	l->ledger.row = l->draft.row;
	l->ledger.tells = false;
	l->ledger.failed = l->draft.failed;
	l->ledger.lost = l->draft.lost;
	l->ledger.drained = l->draft.drained;
	l->ledger.out = l->draft.out;
	memcpy(l->ledger.keys, l->draft.keys,
	       l->ledger.out * sizeof(*l->ledger.keys));
	l->ledger.late = l->draft.late;
	l->ledger.rate_until = 0;
	if (l->draft.rate_wait)
		wait_for_rate(r, l);
	if (!l->ledger.lost)
		renew(r, l);
	for (size_t i = 0; i < l->draft.plan_count; i++) {
		struct parcel *p = parcel_new(&r->store, l, &l->draft.plans[i]);

		p->handed_at = r->now;
		l->ledger.row_bytes = p->body_len / p->count;
		r->out += p->count;
		r->parcels++;
		r->bytes += p->body_len;
		l->ledger.bytes += p->body_len;
		parcel_list_add(out, p);
	}
	read_on(l);
	if (l->draft.reread)
		rewind_lane(l);
	/* Rows of a lane that is only full or postponed may be sent: if they
	 * may not, the courier has seen the reason and stopped. */
	l->ledger.closing = l->draft.closing;
	if (l->draft.disable || l->ledger.lost || r->closed)
		recall(r, l);
	l->draft.touched = false;
}

static void drop_closed(struct round *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->lane_count; i++) {
		if (r->lane[i]->ledger.out)
			r->lane[kept++] = r->lane[i];
		else
			lane_free(r->lane[i]);
	}
	r->lane_count = kept;
}

static void commit(struct round *r)
{
	struct parcel_list out = {0};

	clear_back(r);
	round_memory_keep(r);
	if (r->due_count)
		r->contended = r->fresh_count < r->due_count;
	for (size_t i = 0; i < r->fresh_count; i++) {
		heed(r->fresh[i], r->lease_end - r->plan->conf->sender.lease);
		r->lane[r->lane_count++] = r->fresh[i];
	}
	r->fresh_count = 0;
	for (size_t i = 0; i < r->lane_count; i++)
		if (r->lane[i]->draft.touched)
			apply(r, r->lane[i], &out);
	drop_closed(r);
	round_look_find_greedy(r);
	r->due_count = 0;
	arena_release(&r->arena);
	mailbox_send(r->plan->mailbox, &out);
}

enum err round_try(struct round *r)
{
	enum err e;

	r->turn++;
	r->lease_end = clock_monotonic() + r->plan->conf->sender.lease;
	e = db_tx(r->store.db, DB_ONCE, round_tx_run, r);
	if (!e)
		commit(r);
	else if (db_in_doubt(r->store.db))
		round_doubt_begin(r);
	else
		round_tx_forget(r);
	return e;
}

/* A round that was done is applied; one that was not is repeated, with the
 * parcels that came back meanwhile. */
static enum err settle_doubt(struct round *r, struct parcel_list *back)
{
	bool done;
	enum err e = round_doubt_ask(r, &done);

	if (e)
		return e;
	r->in_doubt = false;
	if (done) {
		r->back = &r->doubted;
		commit(r);
		return ERR_OK;
	}
	round_tx_forget(r);
	parcel_list_join(&r->doubted, back);
	parcel_list_join(back, &r->doubted);
	return ERR_OK;
}

enum err round_run(struct round *r, struct parcel_list *back)
{
	unsigned tries = 0;
	enum err e;

	round_keep_choose(r, back);
	do {
		e = r->in_doubt ? settle_doubt(r, back) : ERR_OK;
		round_part_sort(r, back);
		if (!e && (back->first || round_is_due(r)))
			e = round_part_run(r, back);
	} while (e && r->in_doubt && ++tries < TRIES);
	round_keep_write(r, false);
	return e;
}

static enum err write_tally(struct db *db, void *round)
{
	struct round *r = round;

	(void)db;
	return tally_write(r->tally, &r->store);
}

enum err round_write_tally(struct round *r)
{
	enum err e = ERR_OK;

	if (r->tally->count)
		e = db_tx(r->store.db, DB_REPEAT, write_tally, r);
	if (!e)
		tally_clear(r->tally);
	round_keep_write(r, true);
	return e;
}

/* ---- the rest ---- */

void round_reread(struct round *r, bool all)
{
	for (size_t i = 0; i < r->lane_count; i++)
		if (all || r->lane[i]->ledger.drained)
			rewind_lane(r->lane[i]);
}

enum err round_check_hooks(struct round *r)
{
	uint64_t hooks[STORE_LANE_MAX];
	int64_t changes[STORE_LANE_MAX], now = clock_monotonic();
	enum err e;

	for (size_t i = 0; i < r->lane_count; i++)
		hooks[i] = r->lane[i]->facts.hook.hook;
	e = store_lane_hook_changes(&r->store, hooks, r->lane_count, changes);
	for (size_t i = 0; !e && i < r->lane_count; i++) {
		struct lane *l = r->lane[i];

		if (l->ledger.row.hook_seen == changes[i]) {
			heed(l, now);
			continue;
		}
		recall(r, l);
		l->ledger.row.hook_seen = changes[i];
		l->ledger.tells = true;
	}
	return e;
}

void round_close_all(struct round *r)
{
	r->closed = true;
	r->due_count = 0;
	for (size_t i = 0; i < r->lane_count; i++)
		recall(r, r->lane[i]);
}

void round_abandon(struct round *r)
{
	round_close_all(r);
	for (size_t i = 0; i < r->lane_count; i++)
		r->lane[i]->ledger.lost = true;
	round_forget(r, &r->doubted);
	round_forget(r, &r->aside);
}

void round_forget(struct round *r, struct parcel_list *back)
{
	struct parcel *p;

	while ((p = parcel_list_pop(back)))
		put_away(r, p);
}
