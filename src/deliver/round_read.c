/* SPDX-License-Identifier: MIT */
/*
 * round_read: how many rows of a lane may go out now, and which.
 */
#include "deliver/round_tx.h"

#include "base/text.h"
#include "deliver/batch.h"
#include "deliver/plan.h"
#include "deliver/round.h"
#include "deliver/round_look.h"
#include "deliver/round_memory.h"

enum { RATE_WAIT_MIN_MS = 50 };

static bool is_suspended(const struct round *r, const struct lane *l)
{
	return l->draft.row.suspended_until != TIME_NONE &&
	       l->draft.row.suspended_until > r->store.now;
}

/* The number of tokens in the bucket; if there is none, sets the time until
 * there is one. */
static size_t rate_allows(const struct round *r, struct lane *l, size_t want)
{
	unsigned rate = l->facts.ping ? 0 : l->facts.hook.rate_limit;
	double tokens;
	int64_t wait;

	if (!rate)
		return want;
	tokens = lane_tokens(&l->draft.row, rate, r->store.now);
	if (tokens >= 1)
		return (double)want < tokens ? want : (size_t)tokens;
	wait = lane_rate_wait(&l->draft.row, rate, l->facts.hook.batch_size,
			      r->store.now);
	l->draft.rate_wait = wait < RATE_WAIT_MIN_MS ? RATE_WAIT_MIN_MS : wait;
	if (r->plan->once)
		l->draft.closing = true;
	return 0;
}

static size_t appetite(const struct round *r, struct lane *l)
{
	size_t want = lane_room(l, &l->draft.row, l->draft.out), fit;

	if (l->draft.lost || l->draft.closing || l->draft.drained || !want ||
	    r->draft_bytes >= ROUND_BYTES_MAX ||
	    round_look_is_greedy(r, &l->facts.hook.organization))
		return 0;
	if (r->plan->once && atomic_load(&l->shared.pause)) {
		l->draft.rate_wait = atomic_load(&l->shared.pause);
		l->draft.closing = true;
		return 0;
	}
	fit = 1;
	if (r->draft_bytes < ROUND_BYTES_HALF)
		fit += (ROUND_BYTES_HALF - r->draft_bytes) /
		       l->ledger.row_bytes;
	return rate_allows(r, l, want < fit ? want : fit);
}

/* Both lists are in nearly the same order: the search continues where the last
 * one ended. */
static bool is_out(const struct lane *l, uint64_t key, size_t *at)
{
	for (size_t i = 0; i < l->draft.out; i++) {
		size_t here = (*at + i) % l->draft.out;

		if (l->draft.keys[here] == key) {
			*at = here + 1;
			return true;
		}
	}
	return false;
}

/* Read again from the start, the lane shows rows that are out already; only the
 * other ones are read completely. */
static enum err read_once_more(struct round *r, struct lane *l,
			       const struct store_lane_place *where, size_t max,
			       size_t *n, bool *more)
{
	uint64_t *keys;
	size_t count, kept = 0, at = 0;
	enum err e;

	max += l->draft.out;
	keys = arena_alloc(&r->arena, max * sizeof(*keys));
	e = store_lane_keys(&r->store, where, max, keys, &count);
	if (e)
		return e;
	*more = count == max;
	for (size_t i = 0; i < count; i++)
		if (!is_out(l, keys[i], &at))
			keys[kept++] = keys[i];
	e = store_lane_pick(&r->store, &r->arena, where, keys, kept,
			    &l->draft.rows, n);
	if (!e && !*n)
		*more = false; /* or the hook was changed meanwhile */
	return e;
}

static enum err read_some(struct round *r, struct lane *l,
			  const struct store_lane_place *where, size_t max,
			  size_t *n, bool *more)
{
	enum err e;

	if (!l->ledger.after_due && l->draft.out)
		return read_once_more(r, l, where, max, n, more);
	e = store_lane_read(&r->store, &r->arena, where, max, &l->draft.rows,
			    n);
	if (!e)
		*more = *n == max;
	return e;
}

/* The rows that a dead owner had in flight come first in the lane. */
static void leave_care(struct lane *l)
{
	struct store_lane *row = &l->draft.row;

	if (row->crashes >= LANE_CAREFUL &&
	    (!l->draft.row_count || !l->draft.rows[0].maybe_duplicate))
		row->crashes = 0;
}

static int64_t until(const struct round *r)
{
	return r->plan->until == TIME_NONE ? r->store.now : r->plan->until;
}

/* Reads enough rows that a batch that was fixed before is never cut in two. */
static enum err read_whole(struct round *r, struct lane *l, size_t want,
			   size_t *n)
{
	struct store_lane_place where = {
		.lane = l->ledger.row.lane,
		.hook_updated_at = l->facts.hook.updated_at,
		.until = is_suspended(r, l) ? STORE_LANE_URGENT_END : until(r),
		.resumed_at = is_suspended(r, l) ? TIME_NONE
						 : l->draft.row.resumed_at,
		.after_due = l->ledger.after_due,
		.after_key = l->ledger.after_key,
	};
	bool batches = l->facts.hook.batch_size > 1, more;
	enum err e;

	if (batches)
		want += PARCEL_BATCH_MAX;
	e = read_some(r, l, &where, want, n, &more);
	if (!e && more && *n && !batches && l->draft.rows[*n - 1].batch)
		e = read_some(r, l, &where, want + PARCEL_BATCH_MAX, n, &more);
	if (!e)
		l->draft.drained = !more;
	return e;
}

enum err round_read(struct round *r, struct lane *l)
{
	size_t want = appetite(r, l), n;
	enum err e;

	if (!want)
		return ERR_OK;
	e = read_whole(r, l, want, &n);
	if (e)
		return e;
	l->draft.barren = !n && !l->ledger.after_due && !l->draft.out &&
			  !is_suspended(r, l);
	for (size_t i = 0; i < n; i++)
		r->draft_bytes += l->draft.rows[i].resource_len;
	round_memory_mark(r, l, n);
	e = batch_plan(r, l, n, want);
	if (e)
		return e;
	if (l->draft.row_count < n)
		l->draft.drained = false;
	leave_care(l);
	if (is_suspended(r, l))
		l->draft.closing = !n;
	else if (l->draft.drained)
		l->draft.row.resumed_at = TIME_NONE;
	if (l->facts.hook.rate_limit && !l->facts.ping)
		lane_spend(&l->draft.row, l->facts.hook.rate_limit,
			   l->facts.hook.batch_size, l->draft.row_count,
			   r->store.now);
	for (size_t i = 0; i < l->draft.row_count; i++)
		l->draft.keys[l->draft.out++] = l->draft.rows[i].key;
	return ERR_OK;
}
