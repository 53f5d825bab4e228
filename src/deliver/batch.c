/* SPDX-License-Identifier: MIT */
/*
 * batch: plans requests.
 */
#include "deliver/batch.h"

#include <string.h>

#include "base/text.h"
#include "deliver/lane.h"
#include "deliver/round.h"

enum { OBJECT_BYTES = 400 }; /* of a member, around its resource */

struct planner {
	const struct store_lane_row *rows;
	bool *taken;
	size_t n;
	int64_t now;
	struct store_lane_row *out; /* in the plans' order */
	size_t count;
};

static void batch_take(struct planner *p, size_t i)
{
	p->taken[i] = true;
	p->out[p->count++] = p->rows[i];
}

/* Takes all rows that were in this batch at its first attempt, wherever they
 * are. */
static void take_fixed(struct planner *p, size_t first)
{
	for (size_t i = first; i < p->n; i++)
		if (!p->taken[i] && p->rows[i].batch == p->rows[first].batch)
			batch_take(p, i);
}

/* Its end has come before it was tried. */
static bool is_past(const struct store_lane_row *row, int64_t now)
{
	return row->expires_at != TIME_NONE && row->expires_at <= now &&
	       !row->attempts && !row->maybe_duplicate;
}

/* A row that may have been sent alone keeps its id and its body: it goes alone
 * again. One whose end has come is given up alone. */
static bool is_single(const struct store_lane_row *row, int64_t now)
{
	return !row->batch &&
	       (row->attempts || row->maybe_duplicate || is_past(row, now));
}

/* Takes the next rows that are in no batch yet, up to `max` and the size of a
 * body. If the lane is `ordered`, none is passed over. */
static void take_new(struct planner *p, size_t first, size_t max, bool ordered)
{
	size_t bytes = 0, members = 0;

	for (size_t i = first; i < p->n && members < max; i++) {
		if (p->taken[i] || p->rows[i].batch ||
		    is_single(&p->rows[i], p->now)) {
			if (ordered)
				return;
			continue;
		}
		bytes += p->rows[i].resource_len + OBJECT_BYTES;
		if (members && bytes > PARCEL_BODY_MAX)
			return;
		batch_take(p, i);
		members++;
	}
}

static enum err fix(struct round *r, const struct store_lane_row *rows,
		    size_t n)
{
	uint64_t keys[PARCEL_BATCH_MAX];

	for (size_t i = 0; i < n; i++)
		keys[i] = rows[i].key;
	return store_lane_batch(&r->store, keys, n);
}

/* Makes one plan, which begins with row `first`. */
static enum err batch_plan_one(struct round *r, struct lane *l,
			       struct planner *p, size_t first, size_t room)
{
	struct parcel_plan *plan = &l->draft.plans[l->draft.plan_count++];
	size_t max = l->facts.ping ? 1 : l->facts.hook.batch_size,
	       begin = p->count;
	bool single = l->facts.hook.batch_size <= 1 ||
		      is_single(&p->rows[first], p->now);

	if (l->facts.hook.rate_limit && max > room)
		max = room;
	*plan = (struct parcel_plan){.rows = &p->out[begin],
				     .batch = p->rows[first].batch};
	if (plan->batch)
		take_fixed(p, first);
	else if (single)
		batch_take(p, first);
	else
		take_new(p, first, max, l->facts.hook.ordered);
	plan->count = p->count - begin;
	if (plan->batch || single)
		return ERR_OK;
	plan->batch = plan->rows[0].key;
	return fix(r, plan->rows, plan->count);
}

enum err batch_plan(struct round *r, struct lane *l, size_t n, size_t want)
{
	struct planner p = {.rows = l->draft.rows, .n = n, .now = r->store.now};
	enum err e = ERR_OK;

	p.taken = arena_zalloc(&r->arena, n * sizeof(*p.taken));
	p.out = arena_alloc(&r->arena, n * sizeof(*p.out));
	l->draft.plans = arena_alloc(&r->arena, n * sizeof(*l->draft.plans));
	l->draft.plan_count = 0;
	for (size_t i = 0; i < n; i++)
		if (is_past(&l->draft.rows[i], p.now))
			l->draft.rows[i].batch = 0;
	for (size_t i = 0; !e && i < n && p.count < want; i++)
		if (!p.taken[i])
			e = batch_plan_one(r, l, &p, i, want - p.count);
	l->draft.rows = p.out;
	l->draft.row_count = p.count;
	return e;
}
