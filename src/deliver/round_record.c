/* SPDX-License-Identifier: MIT */
/*
 * round_record: records returned parcels: each delivery's row, the lane's
 * health, the hook that is disabled, and the notifications about it.
 */
#include "deliver/round_tx.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "deliver/alert.h"
#include "deliver/operational.h"
#include "deliver/plan.h"
#include "deliver/round.h"
#include "outside/crypt.h"
#include "rules/outcome.h"

/* Parcels come back nearly in the order in which they went: the search is
 * short. */
static void round_key_remove(struct lane *l, uint64_t key)
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

static bool is_urgent(const struct parcel_member *m)
{
	return m->due_at < STORE_LANE_URGENT_END;
}

/* It is looked at when its end has come, and then given up. */
static int64_t earlier_end(const struct parcel *p,
			   const struct parcel_member *m, int64_t due)
{
	return !p->batch && m->expires_at != TIME_NONE && m->expires_at < due
		       ? m->expires_at
		       : due;
}

/* An ordered lane keeps its order because a postponed row keeps its place (its
 * due time) and the lane waits instead. A row held after a 410 also keeps its
 * place, for the day when the hook is enabled. It is ahead of the others once
 * only. TIME_NONE: the time that the row has now, which may be another one than
 * when it was read, after the clock was set back. */
static int64_t next_due(const struct round *r, const struct parcel *p,
			const struct parcel_member *m)
{
	if (p->outcome.at_once)
		return TIME_NONE;
	if (p->lane->facts.hook.ordered || p->outcome.verdict == OUTCOME_GONE)
		return is_urgent(m) ? m->created_at : TIME_NONE;
	return earlier_end(p, m, r->store.now + p->outcome.delay_ms);
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
		.lane = p->lane->ledger.row.lane,
		.key = m->key,
		.created_at = m->created_at,
		.result = result_of(o),
		.attempts = m->attempts + (p->sent ? 1 : 0),
		.tries = m->tries + (o->counts ? 1 : 0),
		.maybe_duplicate = m->maybe_duplicate || o->maybe_duplicate,
		.due_at = next_due(r, p, m),
		.started_at = parcel_started_at(p, r->now - r->clock),
		.attempt = p->sent ? &p->request.attempt : NULL,
		.reason = p->expired ? "expired" : NULL,
	};
}

/* Whether the target has only failed for too long. */
static bool failed_too_long(const struct round *r, struct lane *l,
			    const struct outcome *o)
{
	const struct conf *conf = r->plan->conf;
	struct failing *f = &l->draft.row.failing;
	struct failing_policy policy = {
		.schedule = conf->sender.retry_schedule.delay,
		.schedule_count = conf->sender.retry_schedule.count,
		.jitter = conf->sender.retry_jitter,
		.disable_after = conf->sender.disable_after,
	};

	if (o->verdict == OUTCOME_DELIVERED)
		failing_end(f);
	else if (o->counts)
		failing_add(f, &policy, l->facts.hook.updated_at, r->store.now);
	return o->counts && failing_is_too_long(f, &policy, r->store.now);
}

static void judge_hook(const struct round *r, const struct parcel *p)
{
	const struct outcome *o = &p->outcome;
	struct lane *l = p->lane;
	bool too_long = failed_too_long(r, l, o);

	if (l->draft.disable)
		return;
	if (o->verdict == OUTCOME_GONE)
		l->draft.disable = "the target answered 410 Gone";
	else if (too_long)
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
	if (o->verdict == OUTCOME_DELIVERED && is_urgent(&p->member[0]))
		lane_revive(row);
	if (outcome_stops_lane(o))
		l->draft.closing = true;
	if (l->facts.hook.ordered && !o->at_once &&
	    o->verdict == OUTCOME_RETRY) {
		row->suspended_until = r->store.now + o->delay_ms;
		if (!o->lane_delay_ms)
			row->suspended_until = earlier_end(
				p, &p->member[0], row->suspended_until);
		row->put_off = o->lane_delay_ms > 0;
		l->draft.closing = true; /* without a wait, too */
	}
	if (row->crashes < LANE_CAREFUL)
		row->crashes = 0;
	judge_hook(r, p);
}

static void take_back(struct round *r, const struct parcel *p)
{
	struct lane *l = p->lane;

	for (size_t i = 0; i < p->count; i++)
		round_key_remove(l, p->member[i].key);
	if (l->draft.lost)
		return; /* another sender has the lane by now */
	l->draft.reread |= p->outcome.at_once || !parcel_is_over(p);
	if (l->facts.hook.ordered && (p->outcome.at_once || !parcel_is_over(p)))
		l->draft.closing = true; /* it must be read before the next */
	if (!p->sent)
		l->draft.row.rate_tokens += (double)p->count;
	if (!parcel_is_over(p))
		return;
	if (l->facts.hook.rate_limit && p->left_at)
		l->draft.late =
			lane_late(&l->draft.row, p->left_at - p->handed_at,
				  l->draft.late, r->store.now);
	if (!l->facts.ping && p->sent)
		learn(r, p);
	for (size_t i = 0; i < p->count; i++)
		add_outcome(r, p, &p->member[i]);
}

/* A ping that arrived shows that the target is well: the queue beside its lane
 * goes on, whoever has it. */
static enum err revive_queue(struct round *r, const struct parcel *p)
{
	uint64_t queue = p->lane->facts.hook.hook;

	if (!p->sent || p->lane->draft.lost || !p->lane->facts.ping ||
	    p->outcome.verdict != OUTCOME_DELIVERED)
		return ERR_OK;
	for (size_t i = 0; i < r->lane_count; i++)
		if (r->lane[i]->draft.touched &&
		    r->lane[i]->ledger.row.lane == queue)
			lane_revive(&r->lane[i]->draft.row);
	return store_lane_revive(&r->store, queue);
}

/* Lists deliveries that exhausted their schedule. Operational notifications
 * never cause another. */
static size_t list_failed(const struct round *r, struct store_failed *list)
{
	const struct store_outcome *o = r->outcomes;
	size_t n = 0;

	for (const struct parcel *p = r->back->first; p; p = p->next) {
		if (!parcel_is_over(p) || p->lane->draft.lost)
			continue;
		for (size_t i = 0; i < p->count; i++, o++)
			if (o->result == STORE_FAILED && !o->gone &&
			    !p->member[i].operational)
				list[n++] = (struct store_failed){
					p->member[i].key,
					p->lane->facts.hook.organization};
	}
	return n;
}

/* ---- news of the outcomes ---- */

enum err round_tell(struct round *r, enum err (*part)(struct db *, void *),
		    void *arg)
{
	enum err e = db_part(r->store.db, part, arg);

	if (!e || e == ERR_TEMP)
		return e;
	if (!r->told_refused)
		log_error("the database refused to take news of outcomes "
			  "(hook.disabled, delivery.failed, a mail, counts): "
			  "they are lost, the outcomes are recorded");
	r->told_refused = true;
	return ERR_OK;
}

struct failures {
	struct round *r;
	struct store_failed *list;
	size_t count;
};

static enum err choose_failures(struct db *db, void *arg)
{
	struct failures *f = arg;
	size_t n = f->count;
	enum err e = operational_failed_choose(&f->r->store, f->list, &n);

	(void)db;
	f->count = e ? 0 : n;
	return e;
}

static enum err note_failures(struct db *db, void *arg)
{
	(void)db;
	return alert_failed(arg);
}

static enum err publish_failures(struct db *db, void *arg)
{
	struct failures *f = arg;

	(void)db;
	return operational_delivery_failed(&f->r->store, &f->r->arena, f->list,
					   f->count);
}

static bool has_failures(const struct round *r)
{
	for (const struct parcel *p = r->back->first; p; p = p->next)
		if (parcel_is_over(p) && p->outcome.verdict == OUTCOME_FAILED)
			return true;
	return false;
}

/* The list is made before the outcomes are recorded: it holds only deliveries
 * that are still pending. */
static enum err record_failures(struct round *r, struct failures *f)
{
	enum err e = ERR_OK;

	f->count = list_failed(r, f->list);
	if (f->count)
		e = round_tell(r, choose_failures, f);
	if (!e && has_failures(r))
		e = round_tell(r, note_failures, r);
	return e;
}

enum err round_record(struct round *r)
{
	struct failures failures = {.r = r};
	size_t count = 0;
	enum err e = ERR_OK;

	for (struct parcel *p = r->back->first; p; p = p->next)
		count += p->count;
	r->outcomes =
		arena_alloc(&r->arena, (count + 1) * sizeof(*r->outcomes));
	failures.list =
		arena_alloc(&r->arena, (count + 1) * sizeof(*failures.list));
	for (struct parcel *p = r->back->first; p; p = p->next)
		take_back(r, p);
	for (const struct parcel *p = r->back->first; p && !e; p = p->next)
		e = revive_queue(r, p);
	if (!e)
		e = store_outcome_find(&r->store, r->outcomes,
				       r->outcome_count);
	if (!e)
		e = record_failures(r, &failures);
	if (!e)
		e = store_outcome_record(&r->store, r->outcomes,
					 r->outcome_count);
	if (!e && failures.count)
		e = round_tell(r, publish_failures, &failures);
	return e;
}

struct disabled {
	struct round *r;
	struct lane *lane;
};

static enum err note_disabled(struct db *db, void *arg)
{
	const struct disabled *d = arg;

	(void)db;
	return alert_disabled(d->r, d->lane);
}

static enum err publish_disabled(struct db *db, void *arg)
{
	const struct disabled *d = arg;

	(void)db;
	return operational_hook_disabled(&d->r->store, &d->r->arena,
					 &d->lane->facts.hook);
}

enum err round_disable(struct round *r, struct lane *l)
{
	struct disabled disabled = {.r = r, .lane = l};
	char id[ID_TEXT_SIZE];
	bool changed;
	enum err e;

	if (!l->draft.disable)
		return ERR_OK;
	l->draft.closing = true;
	e = store_lane_disable(&r->store, l->facts.hook.hook, l->draft.disable,
			       &changed);
	if (e || !changed)
		return e;
	log_warn("hook %s disabled: %s", round_hook_id(r, l, id),
		 l->draft.disable);
	e = round_tell(r, note_disabled, &disabled);
	if (e || l->draft.quietly)
		return e; /* this was a delivery of such a notification */
	return round_tell(r, publish_disabled, &disabled);
}
