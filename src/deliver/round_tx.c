/* SPDX-License-Identifier: MIT */
/*
 * round_tx: the steps of a round's transaction, in the order in which the end
 * of this file calls them.
 */
#include "deliver/round_tx.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "deliver/plan.h"
#include "deliver/round.h"
#include "deliver/round_memory.h"
#include "deliver/tally.h"
#include "store/store_clock.h"

/* The time until the next check whether a secret can be read. */
enum { UNREADABLE_WAIT_MS = 60000 };

void round_tx_forget(struct round *r)
{
	for (size_t i = 0; i < r->fresh_count; i++)
		lane_free(r->fresh[i]);
	r->fresh_count = 0;
}

static void draft_begin(struct round *r, struct lane *l)
{
	l->draft.lost = l->ledger.lost;
	l->draft.drained = l->ledger.drained;
	l->draft.closing = l->ledger.closing;
	l->draft.keep = l->draft.barren = l->draft.reread = false;
	l->draft.earlier = l->draft.unmended = false;
	l->draft.late = l->ledger.late;
	l->draft.failed = l->ledger.failed;
	l->draft.row = l->ledger.row;
	l->draft.disable = NULL;
	l->draft.quietly = false;
	l->draft.out = l->ledger.out;
	l->draft.keys =
		arena_alloc(&r->arena, LANE_KEYS_MAX * sizeof(*l->ledger.keys));
	memcpy(l->draft.keys, l->ledger.keys,
	       l->ledger.out * sizeof(*l->ledger.keys));
	l->draft.rows = NULL;
	l->draft.row_count = l->draft.plan_count = 0;
	l->draft.rate_wait = 0;
}

static void round_tx_begin(struct round *r)
{
	round_tx_forget(r);
	arena_release(&r->arena);
	r->outcome_count = r->write_count = 0;
	r->draft_bytes = r->bytes;
	r->memory.failed = false;
	for (size_t i = 0; i < r->lane_count; i++)
		if (r->lane[i]->draft.touched)
			draft_begin(r, r->lane[i]);
}

/* Somebody ended the suspension, or resumed the lane: it is given back, to be
 * read from its start. */
static void heed_resumption(struct lane *l, const struct store_lane_claim *c)
{
	if (l->draft.lost ||
	    (c->suspended_until == l->ledger.row.suspended_until &&
	     c->resumed_at == l->ledger.row.resumed_at))
		return;
	lane_revive(&l->draft.row);
	l->draft.row.resumed_at = c->resumed_at;
	l->draft.closing = true;
}

static enum err heed_claims(struct round *r, struct lane *const *lanes,
			    const struct store_lane_claim *claims, size_t n)
{
	uint64_t earlier[STORE_LANE_MAX];
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		struct lane *l = lanes[i];

		l->draft.lost = claims[i].state != STORE_LANE_OURS;
		l->draft.earlier = round_memory_is_earlier(r, l, &claims[i]);
		l->draft.row.doubt_before = claims[i].doubt_before;
		heed_resumption(l, &claims[i]);
		l->draft.row.written_at = claims[i].written_at;
		if (l->draft.earlier)
			earlier[count++] = claims[i].lane;
	}
	if (!count)
		return ERR_OK;
	r->memory.failed = true;
	return store_lane_let_go(&r->store, r->plan->owner, earlier, count);
}

static enum err fence(struct round *r)
{
	struct lane *lanes[STORE_LANE_MAX];
	struct store_lane_claim claims[STORE_LANE_MAX];
	size_t n = 0;
	enum err e;

	for (size_t i = 0; i < r->lane_count; i++) {
		const struct store_lane *row = &r->lane[i]->ledger.row;

		if (!r->lane[i]->draft.touched || r->lane[i]->ledger.lost)
			continue;
		claims[n] = (struct store_lane_claim){.lane = row->lane,
						      .turn = row->turn};
		lanes[n++] = r->lane[i];
	}
	e = store_lane_fence(&r->store, r->plan->owner, claims, n);
	r->clock = clock_monotonic();
	r->now = r->store.now;
	if (!e)
		e = heed_claims(r, lanes, claims, n);
	for (size_t i = 0; !e && i < n; i++)
		if (!lanes[i]->draft.lost)
			e = round_clock_heed(r, lanes[i]);
	return e;
}

/* ---- new lanes ---- */

/* Without all of its secrets a hook gets no signatures that its receiver
 * expects, and without its headers it may be turned away. */
static void leave(struct round *r, struct lane *l)
{
	char id[ID_TEXT_SIZE];

	if (!r->told_unreadable)
		log_error("secrets or headers of hook %s cannot be read with "
			  "[secrets] key_file: its deliveries wait, and those "
			  "of every such hook",
			  round_hook_id(r, l, id));
	r->told_unreadable = true;
	l->draft.closing = true;
	l->draft.rate_wait = UNREADABLE_WAIT_MS;
}

static enum err round_tx_take(struct round *r)
{
	uint64_t keys[STORE_LANE_MAX];
	struct store_lane_taken taken;
	struct store_lane_hook *hooks;
	enum err e;

	if (round_memory_settles(r))
		return ERR_OK;
	e = store_lane_take(&r->store, &r->arena, r->due, r->due_count, &taken);
	if (e)
		return e;
	for (size_t i = 0; i < taken.count; i++)
		keys[i] = store_lane_hook_key(taken.lanes[i].lane);
	hooks = arena_alloc(&r->arena, (taken.count + 1) * sizeof(*hooks));
	e = store_lane_hooks(&r->store, &r->arena, keys, taken.count, hooks);
	if (!e)
		e = round_held(r, &taken, hooks);
	for (size_t i = 0; !e && i < taken.count; i++) {
		struct lane *l =
			lane_new(&taken.lanes[i], &hooks[i], r->store.now);

		if (l->shared.window > r->plan->conf->sender.hook_concurrency)
			l->shared.window =
				r->plan->conf->sender.hook_concurrency;
		l->ledger.closing = l->facts.hook.deleted ||
				    (!l->facts.hook.enabled && !l->facts.ping);
		l->ledger.row.hook_seen = l->facts.hook.deleted
						  ? STORE_LANE_HOOK_DELETED
						  : l->facts.hook.updated_at;
		l->draft.touched = true;
		r->fresh[r->fresh_count++] = l;
		draft_begin(r, l);
		e = round_clock_heed(r, l);
		if (!l->facts.hook.deleted &&
		    (l->facts.hook.unreadable || !l->facts.hook.keys))
			leave(r, l);
	}
	return e;
}

/* ---- writing back ---- */

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b; /* TIME_NONE is the smallest value */
}

/* A hook that was changed or enabled starts without past failures. */
static void forgive(struct store_lane *row)
{
	row->failures = 0;
	lane_revive(row);
	failing_end(&row->failing);
}

/* Read from the database now, under the lock, not taken from the row read at
 * first. */
static enum err find_end(struct round *r, struct lane *l,
			 struct store_lane_end *end)
{
	uint64_t lane = l->ledger.row.lane;
	int64_t latest = r->store.now +
			 store_clock_longest(&r->store, l->draft.row.put_off);
	enum err e = store_lane_end(&r->store, lane, latest, end);

	if (e || !end->far)
		return e;
	e = round_clock_mend(r, l);
	return e ? e : store_lane_end(&r->store, lane, latest, end);
}

/* When a sender should look at the returned lane again. */
static enum err next_look(struct round *r, struct lane *l, int64_t *at)
{
	struct store_lane_end end;
	bool more = false;
	enum err e = find_end(r, l, &end);

	*at = TIME_NONE;
	if (e)
		return e;
	if (end.due_at == TIME_NONE)
		round_memory_forgive(r, l);
	if (end.deleted) {
		e = store_lane_cancel(&r->store, l->facts.hook.hook, &more);
		if (more)
			*at = r->store.now;
		return e;
	}
	if (!l->draft.disable && end.updated_at != l->facts.hook.updated_at)
		forgive(&l->draft.row);
	if (!end.enabled || end.due_at == TIME_NONE)
		return ERR_OK;
	if (l->draft.barren && end.updated_at == l->facts.hook.updated_at) {
		e = store_lane_orphans(&r->store, l->ledger.row.lane);
		if (e)
			return e;
	}
	*at = end.due_at;
	if (l->draft.row.resumed_at != TIME_NONE && *at > r->store.now)
		*at = r->store.now;
	if (end.due_at >= STORE_LANE_URGENT_END)
		*at = later(*at, l->draft.row.suspended_until);
	if (l->draft.rate_wait)
		*at = later(*at, r->store.now + l->draft.rate_wait);
	if (l->draft.unmended)
		*at = r->store.now;
	return ERR_OK;
}

static enum err settle(struct round *r, struct lane *l)
{
	struct store_lane_write *w = &r->writes[r->write_count];
	enum err e;

	if (l->draft.lost)
		return ERR_OK;
	e = round_read(r, l);
	if (e)
		return e;
	l->draft.keep = l->draft.out > 0;
	l->draft.row.turn = r->turn;
	l->draft.row.written_at = later(l->draft.row.written_at, r->now);
	*w = (struct store_lane_write){
		.lane = &l->draft.row,
		.keep = l->draft.keep,
		.next_at = r->store.now + r->plan->conf->sender.lease,
		.in_flight = l->draft.keys,
		.in_flight_count = l->draft.out,
	};
	if (!w->keep)
		e = next_look(r, l, &w->next_at);
	if (!e)
		r->write_count++;
	return e;
}

static enum err settle_all(struct round *r)
{
	enum err e = ERR_OK;

	/* Before any lane is given back: this may queue a delivery in it. */
	for (size_t i = 0; !e && i < r->lane_count; i++)
		if (r->lane[i]->draft.touched && !r->lane[i]->draft.lost)
			e = round_disable(r, r->lane[i]);
	r->writes = arena_alloc(&r->arena, (r->lane_count + r->fresh_count) *
						   sizeof(*r->writes));
	for (size_t i = 0; !e && i < r->lane_count; i++)
		if (r->lane[i]->draft.touched)
			e = settle(r, r->lane[i]);
	for (size_t i = 0; !e && i < r->fresh_count; i++)
		e = settle(r, r->fresh[i]);
	return e ? e
		 : store_lane_write(&r->store, r->plan->owner, r->writes,
				    r->write_count);
}

static enum err write_counts(struct db *db, void *arg)
{
	struct round *r = arg;

	(void)db;
	return tally_write(r->tally, &r->store);
}

enum err round_tx_run(struct db *db, void *arg)
{
	struct round *r = arg;
	enum err e;

	(void)db;
	round_tx_begin(r);
	e = fence(r);
	if (!e)
		e = round_memory_check(r);
	if (!e)
		e = round_record(r);
	if (!e)
		e = round_tx_take(r);
	if (!e)
		e = settle_all(r);
	if (!e && r->writes_tally)
		e = round_tell(r, write_counts, r);
	return e;
}
