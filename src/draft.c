/*
 * draft: the steps of a round's transaction, in the order in which they
 * stand at the end of this file.
 */
#include "draft.h"

#include <string.h>

#include "batch.h"
#include "clock.h"
#include "crypt.h"
#include "ledger.h"
#include "log.h"
#include "outcome.h"
#include "raise.h"
#include "round.h"
#include "tally.h"
#include "text.h"

enum { RATE_WAIT_MIN_MS = 100 };

void draft_forget(struct round *r)
{
	for (size_t i = 0; i < r->fresh_count; i++)
		lane_free(r->fresh[i]);
	r->fresh_count = 0;
}

static void draft_begin(struct round *r, struct lane *l)
{
	l->draft.lost = l->lost;
	l->draft.drained = l->drained;
	l->draft.closing = l->closing;
	l->draft.keep = false;
	l->draft.failed = l->failed;
	l->draft.row = l->row;
	l->draft.disable = NULL;
	l->draft.quietly = false;
	l->draft.out = l->out;
	l->draft.keys =
		arena_alloc(&r->arena, LANE_KEYS_MAX * sizeof(*l->keys));
	memcpy(l->draft.keys, l->keys, l->out * sizeof(*l->keys));
	l->draft.rows = NULL;
	l->draft.row_count = l->draft.plan_count = 0;
	l->draft.rate_wait = 0;
}

static void begin(struct round *r)
{
	draft_forget(r);
	arena_release(&r->arena);
	r->outcome_count = r->write_count = 0;
	r->draft_bytes = r->bytes;
	for (size_t i = 0; i < r->lane_count; i++)
		if (r->lane[i]->draft.touched)
			draft_begin(r, r->lane[i]);
}

static enum err fence(struct round *r)
{
	struct lane *lanes[STORE_LANE_MAX];
	uint64_t numbers[STORE_LANE_MAX] = {0};
	bool held[STORE_LANE_MAX];
	size_t n = 0;
	enum err e;

	for (size_t i = 0; i < r->lane_count; i++) {
		if (!r->lane[i]->draft.touched || r->lane[i]->lost)
			continue;
		numbers[n] = r->lane[i]->row.lane;
		lanes[n++] = r->lane[i];
	}
	e = store_lane_fence(&r->store, r->plan->owner, numbers, n, held);
	r->clock = clock_monotonic();
	for (size_t i = 0; !e && i < n; i++)
		lanes[i]->draft.lost = !held[i];
	return e;
}

/* ---- outcomes ---- */

/* Outcomes come back nearly in the order they went: the search is short. */
static void draft_key_remove(struct lane *l, uint64_t key)
{
	for (size_t i = 0; i < l->draft.out; i++) {
		if (l->draft.keys[i] != key)
			continue;
		memmove(&l->draft.keys[i], &l->draft.keys[i + 1],
			(l->draft.out - i - 1) * sizeof(*l->draft.keys));
		l->draft.out--;
		return;
	}
}

/* An ordered lane keeps its order because a row that is put off keeps its
 * place (its due time) and the lane waits instead. What a 410 has held keeps
 * it too, for the day the hook is enabled. */
static int64_t next_due(const struct round *r, const struct parcel *p,
			const struct parcel_member *m)
{
	if (p->lane->hook.ordered || p->outcome.verdict == OUTCOME_GONE)
		return m->due_at;
	return r->store.now + p->outcome.delay_ms;
}

static enum store_result result_of(const struct outcome *o)
{
	if (o->verdict == OUTCOME_DELIVERED)
		return STORE_DELIVERED;
	return o->verdict == OUTCOME_FAILED ? STORE_FAILED : STORE_PENDING;
}

static void add_outcome(struct round *r, const struct parcel *p,
			const struct parcel_member *m)
{
	const struct outcome *o = &p->outcome;

	r->outcomes[r->outcome_count++] = (struct store_outcome){
		.lane = p->lane->row.lane,
		.key = m->key,
		.result = result_of(o),
		.attempts = m->attempts + 1,
		.tries = m->tries + (o->counts ? 1 : 0),
		.maybe_duplicate = m->maybe_duplicate || o->maybe_duplicate,
		.due_at = next_due(r, p, m),
		.started_at = r->store.now - (r->clock - p->started),
		.attempt = &p->request.attempt,
	};
}

/* Switching a hook on, or changing it, gives it its time again. */
static bool failed_too_long(const struct round *r, const struct lane *l)
{
	int64_t since = l->draft.row.failing_since;

	if (since == TIME_NONE)
		return false;
	if (since < l->hook.updated_at)
		since = l->hook.updated_at;
	return r->store.now - since >= r->plan->conf->sender.disable_after;
}

static void judge_hook(const struct round *r, const struct parcel *p)
{
	const struct outcome *o = &p->outcome;
	struct lane *l = p->lane;

	if (l->draft.disable)
		return;
	if (o->verdict == OUTCOME_GONE)
		l->draft.disable = "the target answered 410 Gone";
	else if (o->counts && failed_too_long(r, l))
		l->draft.disable = "deliveries only failed for too long "
				   "([sender] disable_after)";
	l->draft.quietly = p->member[0].operational;
}

static void learn(struct round *r, const struct parcel *p)
{
	const struct outcome *o = &p->outcome;
	struct lane *l = p->lane;
	struct store_lane *row = &l->draft.row;

	lane_learn(row, &l->draft.failed, o, r->store.now,
		   crypt_random_fraction());
	if (outcome_stops_lane(o))
		l->draft.closing = true;
	if (l->hook.ordered && o->verdict == OUTCOME_RETRY)
		row->suspended_until = r->store.now + o->delay_ms;
	if (row->crashes < LANE_CAREFUL)
		row->crashes = 0;
	judge_hook(r, p);
}

static void take_back(struct round *r, const struct parcel *p)
{
	struct lane *l = p->lane;

	for (size_t i = 0; i < p->count; i++)
		draft_key_remove(l, p->member[i].key);
	if (l->draft.lost)
		return; /* somebody else's by now */
	if (!p->sent) {
		l->draft.row.rate_tokens += (double)p->count;
		return;
	}
	if (!l->ping)
		learn(r, p);
	for (size_t i = 0; i < p->count; i++)
		add_outcome(r, p, &p->member[i]);
}

static enum err record(struct round *r)
{
	size_t count = 0;

	for (struct parcel *p = r->back->first; p; p = p->next)
		count += p->count;
	r->outcomes =
		arena_alloc(&r->arena, (count + 1) * sizeof(*r->outcomes));
	for (struct parcel *p = r->back->first; p; p = p->next)
		take_back(r, p);
	return store_outcome_record(&r->store, r->outcomes, r->outcome_count);
}

static enum err disable(struct round *r, struct lane *l)
{
	bool changed;
	enum err e;

	if (!l->draft.disable)
		return ERR_OK;
	l->draft.closing = true;
	e = store_lane_disable(&r->store, l->hook.hook, l->draft.disable,
			       &changed);
	if (e || !changed)
		return e;
	log_warn("hook %llu disabled: %s", (unsigned long long)l->hook.hook,
		 l->draft.disable);
	if (l->draft.quietly)
		return ERR_OK; /* it was the delivery of such a notification */
	return raise_hook_disabled(&r->store, &r->arena, &l->hook);
}

/* ---- new lanes ---- */

static enum err take(struct round *r)
{
	uint64_t keys[STORE_LANE_MAX];
	struct store_lane *rows;
	struct store_lane_hook *hooks;
	size_t n = 0;
	enum err e;

	rows = arena_alloc(&r->arena, (r->due_count + 1) * sizeof(*rows));
	e = store_lane_take(&r->store, r->plan->owner, r->due, r->due_count,
			    rows, &n);
	if (e)
		return e;
	for (size_t i = 0; i < n; i++)
		keys[i] = store_lane_hook_key(rows[i].lane);
	hooks = arena_alloc(&r->arena, (n + 1) * sizeof(*hooks));
	e = store_lane_hooks(&r->store, &r->arena, keys, n, hooks);
	for (size_t i = 0; !e && i < n; i++) {
		struct lane *l = lane_new(&rows[i], &hooks[i], r->store.now);

		l->closing = l->hook.deleted || (!l->hook.enabled && !l->ping);
		l->draft.touched = true;
		r->fresh[r->fresh_count++] = l;
		draft_begin(r, l);
	}
	return e;
}

/* ---- reading ---- */

static bool is_suspended(const struct round *r, const struct lane *l)
{
	return l->draft.row.suspended_until != TIME_NONE &&
	       l->draft.row.suspended_until > r->store.now;
}

/* How many tokens the bucket has; none: how long until it has some. */
static size_t rate_allows(const struct round *r, struct lane *l, size_t want)
{
	unsigned rate = l->ping ? 0 : l->hook.rate_limit;
	double tokens, wait;

	if (!rate)
		return want;
	tokens = lane_tokens(&l->draft.row, rate, r->store.now);
	l->draft.row.rate_tokens = tokens;
	l->draft.row.rate_at = r->store.now;
	if (tokens >= 1)
		return (double)want < tokens ? want : (size_t)tokens;
	wait = (1 - tokens) * 1000 / rate;
	l->draft.rate_wait =
		wait < RATE_WAIT_MIN_MS ? RATE_WAIT_MIN_MS : (int64_t)wait + 1;
	if (r->plan->once)
		l->draft.closing = true;
	return 0;
}

static size_t appetite(const struct round *r, struct lane *l)
{
	size_t quota = lane_quota(l, &l->draft.row);
	size_t want, fit;

	if (l->draft.lost || l->draft.closing || l->draft.drained ||
	    l->draft.out > quota / 2 || r->draft_bytes >= ROUND_BYTES_MAX)
		return 0;
	if (is_suspended(r, l)) {
		l->draft.closing = true;
		return 0;
	}
	want = quota - l->draft.out;
	fit = 1 + (ROUND_BYTES_MAX - r->draft_bytes) / l->row_bytes;
	return rate_allows(r, l, want < fit ? want : fit);
}

static bool is_out(const struct lane *l, uint64_t key)
{
	for (size_t i = 0; i < l->draft.out; i++)
		if (l->draft.keys[i] == key)
			return true;
	return false;
}

/* Read again from the start, the lane shows what is out already. */
static size_t drop_out(const struct lane *l, struct store_lane_row *rows,
		       size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!is_out(l, rows[i].key))
			rows[kept++] = rows[i];
	return kept;
}

/* The rows that a dead owner had in flight stand first. */
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

/* Rows enough that a batch which was fixed before is never cut in two. */
static enum err read_whole(struct round *r, struct lane *l, size_t want,
			   size_t *n)
{
	struct store_lane_place where = {
		.lane = l->row.lane,
		.hook_updated_at = l->hook.updated_at,
		.until = until(r),
		.after_due = l->after_due,
		.after_key = l->after_key,
	};
	size_t max = want + (l->after_due ? 0 : l->draft.out);
	struct store_lane_row **rows = &l->draft.rows;
	enum err e;

	if (l->hook.batch_size > 1)
		max += PARCEL_BATCH_MAX;
	e = store_lane_read(&r->store, &r->arena, &where, max, rows, n);
	if (!e && *n == max && l->hook.batch_size <= 1 &&
	    (*rows)[*n - 1].batch) {
		max += PARCEL_BATCH_MAX;
		e = store_lane_read(&r->store, &r->arena, &where, max, rows, n);
	}
	if (!e)
		l->draft.drained = *n < max;
	return e;
}

static enum err read_rows(struct round *r, struct lane *l)
{
	size_t want = appetite(r, l), n;
	enum err e;

	if (!want)
		return ERR_OK;
	e = read_whole(r, l, want, &n);
	if (e)
		return e;
	for (size_t i = 0; i < n; i++)
		r->draft_bytes += l->draft.rows[i].resource_len;
	n = drop_out(l, l->draft.rows, n);
	e = batch_plan(r, l, n, want);
	if (e)
		return e;
	if (l->draft.row_count < n)
		l->draft.drained = false;
	leave_care(l);
	if (l->hook.rate_limit && !l->ping)
		l->draft.row.rate_tokens -= (double)l->draft.row_count;
	for (size_t i = 0; i < l->draft.row_count; i++)
		l->draft.keys[l->draft.out++] = l->draft.rows[i].key;
	return ERR_OK;
}

/* ---- writing back ---- */

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b; /* TIME_NONE is the least */
}

/* A hook that was changed or switched on starts anew. */
static void forgive(struct store_lane *row)
{
	row->failures = 0;
	row->suspended_until = row->failing_since = TIME_NONE;
}

/* When somebody should look at the lane that is given back; asked of the
 * database now, behind the lock, not of what was read when it was taken. */
static enum err next_look(struct round *r, struct lane *l, int64_t *at)
{
	struct store_lane_end end;
	bool more = false;
	enum err e = store_lane_end(&r->store, l->row.lane, &end);

	*at = TIME_NONE;
	if (e)
		return e;
	if (end.deleted) {
		e = store_lane_cancel(&r->store, l->hook.hook, &more);
		if (more)
			*at = r->store.now;
		return e;
	}
	if (!l->draft.disable && end.updated_at != l->hook.updated_at)
		forgive(&l->draft.row);
	if (!end.enabled || end.due_at == TIME_NONE)
		return ERR_OK;
	*at = later(end.due_at, l->draft.row.suspended_until);
	if (l->draft.rate_wait)
		*at = later(*at, r->store.now + l->draft.rate_wait);
	return ERR_OK;
}

static enum err settle(struct round *r, struct lane *l)
{
	struct store_lane_write *w = &r->writes[r->write_count];
	enum err e;

	if (l->draft.lost)
		return ERR_OK;
	e = read_rows(r, l);
	if (e)
		return e;
	l->draft.keep = l->draft.out > 0;
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

	/* Before any lane is given back: it may be told of this. */
	for (size_t i = 0; !e && i < r->lane_count; i++)
		if (r->lane[i]->draft.touched && !r->lane[i]->draft.lost)
			e = disable(r, r->lane[i]);
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

enum err draft_run(struct db *db, void *arg)
{
	struct round *r = arg;
	enum err e;

	(void)db;
	begin(r);
	e = fence(r);
	if (!e)
		e = record(r);
	if (!e)
		e = take(r);
	if (!e)
		e = settle_all(r);
	if (!e && r->writes_tally)
		e = tally_write(r->tally, &r->store);
	return e;
}
