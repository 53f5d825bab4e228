/* SPDX-License-Identifier: MIT */
/*
 * api_stats: GET /v2/stats: a series of points for plots, the state of the
 * queue, the hooks, and the sender.
 */
#include <stdlib.h>

#include "api.h"
#include "base/text.h"
#include "call.h"
#include "outside/jtree.h"
#include "stats_range.h"
#include "store/store_health.h"
#include "store/store_hook.h"
#include "store/store_stats.h"
#include "store/store_sender.h"
#include "store/view.h"

/* A hook with its counts in the requested time. */
struct entry {
	const struct store_health *health;
	const struct store_stats_total *total;
	struct standing standing;
};

struct stats {
	int64_t now;
	struct stats_range range;
	uint64_t hook; /* the requested one; 0: all */
	struct store_stats *points;
	struct store_health *hooks; /* all hooks, for the queue */
	struct entry *entries;	    /* the listed hooks */
	size_t hook_count, entry_count;
	uint64_t failed, held; /* of all hooks, see store_health_kept() */
	uint64_t queued, scheduled;
	int64_t queued_at;
	struct store_sender *senders;
	size_t sender_count;
};

/* ---- reading ---- */

static enum err read_asked_hook(struct call *c, struct stats *st)
{
	const char *text = request_param(c->request, "hook");
	struct store_hook hook;
	struct id id;
	enum err e;

	if (!text)
		return ERR_OK;
	e = call_parse_id(text, &id);
	if (!e)
		e = store_hook_get(c->store, c->arena, &c->key.org.id, &id,
				   &hook);
	if (!e)
		st->hook = hook.key;
	return e;
}

static enum err read_points(struct call *c, struct stats *st)
{
	const struct stats_range *r = &st->range;

	st->points = arena_zalloc(c->arena, r->points * sizeof(*st->points));
	return store_stats_read(c->store, &c->key.org.id, st->hook, r->since,
				r->step, st->points, r->points);
}

static void list_entries(struct call *c, struct stats *st,
			 struct store_stats_total **totals)
{
	size_t n = 0;

	*totals =
		arena_zalloc(c->arena, (st->hook_count + 1) * sizeof(**totals));
	st->entries = arena_alloc(c->arena,
				  (st->hook_count + 1) * sizeof(*st->entries));
	for (size_t i = 0; i < st->hook_count; i++) {
		if (st->hook && st->hooks[i].key != st->hook)
			continue;
		(*totals)[n].hook = st->hooks[i].key;
		st->entries[n] = (struct entry){
			.health = &st->hooks[i],
			.total = &(*totals)[n],
			.standing =
				store_health_standing(c->store, &st->hooks[i]),
		};
		n++;
	}
	st->entry_count = n;
}

static enum err read_all_hooks(struct call *c, struct stats *st)
{
	struct store_stats_total *totals;
	enum err e = store_health_hooks(c->store, c->arena, &c->key.org.id,
					&st->hooks, &st->hook_count);

	if (e)
		return e;
	e = store_health_kept(c->store, st->hooks, st->hook_count, &st->failed,
			      &st->held);
	if (e)
		return e;
	list_entries(c, st, &totals);
	return store_stats_totals(c->store, &c->key.org.id, st->range.since,
				  totals, st->entry_count);
}

static enum err read_stats(struct call *c, struct stats *st)
{
	enum err e = store_now(c->store, &st->now);

	if (!e)
		e = stats_range_read(c, st->now, &st->range);
	if (!e)
		e = read_asked_hook(c, st);
	if (!e)
		e = read_points(c, st);
	if (!e)
		e = read_all_hooks(c, st);
	if (!e)
		e = store_health_queued(c->store, &c->key.org.id, &st->queued,
					&st->queued_at);
	if (!e)
		e = store_health_scheduled(c->store, &c->key.org.id,
					   &st->scheduled);
	return e ? e
		 : store_sender_list(c->store, c->arena, &st->senders,
				     &st->sender_count);
}

/* ---- points ---- */

static void put_quantile(struct jtree *v, const char *name,
			 const struct histogram *h, double q)
{
	double ms = histogram_quantile(h, q);

	int64_t us = (int64_t)(ms * 1000 + 0.5);

	if (ms < 0)
		jtree_put_null(v, name);
	else
		jtree_put_double(v, name, (double)us / 1000);
}

static struct jtree *make_quantiles(const struct histogram *h)
{
	struct jtree *v = jtree_object();

	put_quantile(v, "p50", h, 0.5);
	put_quantile(v, "p90", h, 0.9);
	put_quantile(v, "p99", h, 0.99);
	return v;
}

static struct jtree *make_point(int64_t at, const struct store_stats *n)
{
	struct jtree *v = jtree_object();

	view_put_time(v, "at", at);
	jtree_put_int(v, "delivered", (int64_t)n->delivered);
	jtree_put_int(v, "failed", (int64_t)n->failed);
	jtree_put_int(v, "attempts", (int64_t)n->attempts);
	jtree_put_int(v, "failedAttempts", (int64_t)n->failed_attempts);
	jtree_put(v, "latency", make_quantiles(&n->latency));
	jtree_put(v, "duration", make_quantiles(&n->request));
	return v;
}

static struct jtree *make_points(const struct stats *st)
{
	struct jtree *all = jtree_array();

	for (size_t i = 0; i < st->range.points; i++)
		jtree_add(all, make_point(st->range.since +
						  (int64_t)i * st->range.step,
					  &st->points[i]));
	return all;
}

/* ---- the queue ---- */

static int64_t older(int64_t a, int64_t b)
{
	if (a == TIME_NONE || b == TIME_NONE)
		return a == TIME_NONE ? b : a;
	return a < b ? a : b;
}

static struct jtree *make_queue(const struct stats *st)
{
	struct store_health sum = {.held = st->held,
				   .oldest_due_at = st->queued_at};
	struct jtree *v = jtree_object();

	for (size_t i = 0; i < st->hook_count; i++) {
		const struct store_health *h = &st->hooks[i];

		sum.due += h->due;
		sum.waiting += h->waiting;
		sum.held += h->held;
		sum.in_flight += h->in_flight;
		sum.oldest_due_at = older(sum.oldest_due_at, h->oldest_due_at);
	}
	jtree_put_int(v, "due", (int64_t)sum.due);
	jtree_put_int(v, "waiting", (int64_t)sum.waiting);
	jtree_put_int(v, "held", (int64_t)sum.held);
	jtree_put_int(v, "inFlight", (int64_t)sum.in_flight);
	jtree_put_int(v, "queued", (int64_t)st->queued);
	jtree_put_int(v, "scheduled", (int64_t)st->scheduled);
	jtree_put_int(v, "failed", (int64_t)st->failed);
	view_put_time(v, "oldestDueAt", sum.oldest_due_at);
	return v;
}

/* ---- hooks ---- */

/* A disabled hook without held deliveries needs no attention. */
static int severity(const struct entry *e)
{
	if (e->standing.is == STANDING_DISABLED && !e->health->held)
		return STANDING_HEALTHY;
	return (int)e->standing.is;
}

static int order(uint64_t a, uint64_t b)
{
	return (a < b) - (a > b);
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int worse = severity(y) - severity(x);

	if (!worse)
		worse = order(x->total->failed_attempts,
			      y->total->failed_attempts);
	if (!worse)
		worse = order(x->health->due, y->health->due);
	return worse ? worse : -order(x->health->key, y->health->key);
}

static struct jtree *make_hook(const struct entry *e)
{
	struct jtree *v = jtree_object();

	view_put_id(v, "hook", &e->health->id);
	jtree_put_string(v, "state", standing_name(e->standing.is));
	view_put_time(v, "since", e->standing.since);
	jtree_put_int(v, "delivered", (int64_t)e->total->delivered);
	jtree_put_int(v, "failed", (int64_t)e->total->failed);
	jtree_put_int(v, "failedAttempts", (int64_t)e->total->failed_attempts);
	jtree_put_int(v, "due", (int64_t)e->health->due);
	return v;
}

static struct jtree *make_hooks(struct stats *st)
{
	struct jtree *all = jtree_array();

	qsort(st->entries, st->entry_count, sizeof(*st->entries),
	      compare_entries);
	for (size_t i = 0; i < st->entry_count; i++)
		jtree_add(all, make_hook(&st->entries[i]));
	return all;
}

/* ---- the sender ---- */

static void put_sender(struct jtree *v, const struct stats *st)
{
	const struct store_sender *s = st->senders;
	struct jtree *sender;

	if (!st->sender_count) {
		jtree_put_null(v, "sender");
		return;
	}
	sender = jtree_object();
	view_put_time(sender, "startedAt", s->started_at);
	view_put_time(sender, "seenAt", s->seen_at);
	view_put_time(sender, "endedAt", s->ended_at);
	jtree_put_bool(sender, "alive", store_sender_alive(s, st->now));
	jtree_put(v, "sender", sender);
}

enum err api_stats(struct call *c)
{
	char step[TEXT_DURATION_SIZE];
	struct stats st = {.hook = 0};
	struct jtree *v;
	enum err e = read_stats(c, &st);

	if (e)
		return e;
	text_duration_format(step, st.range.step);
	v = jtree_object();
	view_put_time(v, "since", st.range.since);
	view_put_time(v, "until", st.now);
	jtree_put_string(v, "step", step);
	jtree_put(v, "points", make_points(&st));
	jtree_put(v, "queue", make_queue(&st));
	jtree_put(v, "hooks", make_hooks(&st));
	put_sender(v, &st);
	response_json(c->response, 200, v);
	return ERR_OK;
}
