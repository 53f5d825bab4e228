/* SPDX-License-Identifier: MIT */
/*
 * intake: the two steps, and the reports about them.
 */
#include "deliver/intake.h"

#include "base/clock.h"
#include "base/log.h"
#include "deliver/fanout.h"
#include "deliver/takeover.h"
#include "rules/id.h"
#include "store/store.h"
#include "store/store_fanout.h"
#include "store/store_outbox.h"
#include "store/store_schedule.h"
#include "store/store_stored.h"

enum {
	HEAL_MS = 10000,
	TELL_MS = 60000,
	OVERTAKEN_MAX = 20, /* by senders on other Galera nodes */
	/* How long the rest of a run with `once` waits for an organization
	 * that a lock holds up. */
	LOCKED_MS = 3000,
	LOCKED_PAUSE_MS = 50,
	/* While a client waits: rows that are asked for a replace_key, which
	 * takes some 100 ms, and the time for taking them over. */
	SETTLE_ROWS = 100000,
	SETTLE_MS = 2000
};

static void tell_rejected(struct intake *in, bool now)
{
	int64_t clock = clock_monotonic();

	if (!in->rejected || (!now && clock < in->next_tell))
		return;
	log_warn("%zu notifications rejected: hooks-admin status shows them",
		 in->rejected);
	in->rejected = 0;
	in->next_tell = clock + TELL_MS;
}

/* ---- one step ---- */

void intake_begin(struct intake *in)
{
	in->more = false;
	in->taken = 0;
	in->made = 0;
	tell_rejected(in, false);
}

static enum err heal(struct store *s, struct intake *in)
{
	int64_t now = clock_monotonic();

	if (now < in->next_heal)
		return ERR_OK;
	in->next_heal = now + HEAL_MS;
	return store_outbox_heal(s);
}

static enum err take_some(struct store *s, struct intake *in, uint64_t newest,
			  struct takeover_count *count)
{
	enum err e = takeover_run(s, &in->taking, &in->untaken, newest, count);

	if (e)
		return e;
	in->rejected += count->rejected;
	in->more |= count->more;
	in->taken += count->taken;
	if (store_stored_is_due(s, clock_monotonic()))
		(void)store_stored_write(s);
	return count->far_key ? heal(s, in) : ERR_OK;
}

enum err intake_take_over(struct store *s, struct intake *in)
{
	struct takeover_count count;
	enum err e = take_some(s, in, UINT64_MAX, &count);

	tell_rejected(in, false);
	return e;
}

static void add_spread(struct intake *in, const struct fanout_count *some,
		       struct fanout_count *sum)
{
	in->rejected += some->rejected;
	in->more |= some->more;
	in->made += some->made;
	sum->taken += some->taken;
}

/* In the order of the moments, as far as one step of each takes them: what was
 * due before the oldest queued notification was accepted, then those that were
 * accepted before the next one is due. */
static enum err spread_some(struct store *s, struct intake *in, bool due,
			    uint64_t newest, struct fanout_count *sum)
{
	struct fanout_count some;
	enum err e = ERR_OK;

	*sum = (struct fanout_count){0};
	if (due)
		e = fanout_run(s, FANOUT_SCHEDULE, &in->ripening, &in->unready,
			       ID_SERIAL_MAX, &some);
	if (due && !e)
		add_spread(in, &some, sum);
	if (!e)
		e = fanout_run(s, due ? FANOUT_BEFORE : FANOUT_QUEUE,
			       &in->spreading, &in->unspread, newest, &some);
	if (!e)
		add_spread(in, &some, sum);
	return e;
}

enum err intake_fan_out(struct store *s, struct intake *in, bool due)
{
	struct fanout_count count;

	return spread_some(s, in, due, ID_SERIAL_MAX, &count);
}

enum err intake_settle(struct store *s, const struct id *organization,
		       const char *replace_key)
{
	bool any;
	enum err e = store_outbox_names(s, organization, replace_key,
					SETTLE_ROWS, &any);

	return e || !any ? e
			 : takeover_of(s, organization,
				       clock_monotonic() + SETTLE_MS);
}

/* ---- all of it ---- */

/* When another sender has taken the rows of a step, more may be left. */
static bool is_overtaken(const struct store *s, enum err e, unsigned *times)
{
	return e == ERR_TEMP && db_contended(s->db) && ++*times < OVERTAKEN_MAX;
}

/* Only rows that a lock holds up are left: the others do not wait longer. */
static bool is_vain(const struct locked *locked, size_t done, int64_t end)
{
	if (done || !locked->count)
		return false;
	if (clock_monotonic() >= end)
		return true;
	clock_sleep(LOCKED_PAUSE_MS);
	return false;
}

static enum err take_all(struct store *s, struct intake *in, bool (*stop)(void),
			 bool *left)
{
	int64_t end = clock_monotonic() + LOCKED_MS;
	struct takeover_count count = {0};
	unsigned overtaken = 0;
	uint64_t newest;
	bool any;
	enum err e = store_outbox_newest(s, &newest);

	any = !e && newest;
	while (!e && any && !*left && !stop()) {
		e = take_some(s, in, newest, &count);
		if (is_overtaken(s, e, &overtaken))
			e = ERR_OK;
		*left = !e && is_vain(&in->untaken, count.taken, end);
		if (!e)
			e = store_outbox_any(s, newest, &any);
	}
	if (e != ERR_INTERNAL && (e != ERR_TEMP || !db_locked(s->db)))
		return e;
	*left = true; /* notifications published in other ways go on */
	return ERR_OK;
}

/* What is left of that which was published and due when the run began. */
struct rest {
	uint64_t newest;
	int64_t until;
	bool queued, due;
};

static enum err find_rest(struct store *s, struct rest *rest)
{
	enum err e = store_fanout_any(s, rest->newest, &rest->queued);

	return e ? e : store_schedule_any(s, rest->until, &rest->due);
}

/* What waits for room, or for the outbox, stays. */
static bool is_spread_vain(struct intake *in, size_t done, int64_t end)
{
	struct locked *l =
		locked_any(&in->unspread) ? &in->unspread : &in->unready;

	return !done && (!locked_any(l) || is_vain(l, 0, end));
}

static enum err spread_all(struct store *s, struct intake *in,
			   bool (*stop)(void), bool *left)
{
	int64_t end = clock_monotonic() + LOCKED_MS;
	struct fanout_count count = {0};
	struct rest rest = {0};
	unsigned overtaken = 0;
	bool vain = false;
	enum err e = store_fanout_newest(s, &rest.newest);

	if (!e)
		e = store_now(s, &rest.until);
	if (!e)
		e = find_rest(s, &rest);
	while (!e && (rest.queued || rest.due) && !vain && !stop()) {
		e = spread_some(s, in, rest.due, rest.newest, &count);
		if (is_overtaken(s, e, &overtaken))
			e = ERR_OK;
		else
			vain = !e && is_spread_vain(in, count.taken, end);
		if (!e)
			e = find_rest(s, &rest);
	}
	*left |=
		vain && (locked_any(&in->unspread) || locked_any(&in->unready));
	return e;
}

enum err intake_all(struct store *s, bool (*stop)(void), bool *left)
{
	struct intake in = {0};
	enum err e;

	*left = false;
	e = take_all(s, &in, stop, left);
	if (!e)
		e = spread_all(s, &in, stop, left);
	tell_rejected(&in, true);
	return e;
}
