/* SPDX-License-Identifier: MIT */
/*
 * round_memory: notices that a database has gone back, and the doubt about what
 * it has.
 */
#include "deliver/round_memory.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "deliver/lane.h"
#include "deliver/plan.h"
#include "deliver/round.h"

enum {
	MARGIN_MS = 3000, /* for clocks of different database nodes */
	/* After this time all that was queued at its beginning is in lanes. */
	DOUBT_MS = 3600000,
	/* Senders ask several times a second whether it is back. */
	SETTLE_MS = 1000,
	SPREAD_AGAIN_MS = 10000 /* after a lock */
};

/* While our lease lasts, by our clock and by the database's, nobody else can
 * have taken the lane. */
bool round_memory_is_earlier(const struct round *r, const struct lane *l,
			     const struct store_lane_claim *c)
{
	if (c->state != STORE_LANE_ANOTHER)
		return c->state == STORE_LANE_EARLIER;
	return r->clock < l->ledger.lease_end - MARGIN_MS &&
	       r->now < l->ledger.leased_until - MARGIN_MS;
}

/* Earlier: none, an older turn of the same worker, one that a lane had when
 * that worker took it, or one from before its own. All others are later turns
 * of other senders. Where the clock was set back since, times tell nothing. */
static bool is_earlier_turn(const struct keepsake_turns *k, uint64_t turn,
			    int64_t written_at, int64_t now)
{
	if (turn != k->turn && written_at < k->written_at &&
	    k->written_at <= now)
		return true;
	if (!turn || (turn >> 32 == k->turn >> 32 && turn < k->turn))
		return true;
	for (size_t i = 0; i < KEEPSAKE_TAKES; i++)
		if (k->taken[i] == turn)
			return true;
	return false;
}

static enum err ask_for(struct round *r, const struct keepsake_turns *k)
{
	uint64_t turn;
	int64_t written_at;
	enum err e;

	if (!k->lane)
		return ERR_OK;
	e = store_lane_peek(&r->store, k->lane, &turn, &written_at);
	if (e == ERR_NOT_FOUND)
		return ERR_OK;
	if (!e && is_earlier_turn(k, turn, written_at, r->store.now))
		r->memory.failed = true;
	return e;
}

enum err round_memory_check(struct round *r)
{
	struct keepsake_turns k;
	enum err e;

	if (r->store.connects == r->memory.connects)
		return ERR_OK;
	e = ask_for(r, &r->memory.turns);
	for (unsigned i = 0; !e && i < KEEPSAKE_SLOTS; i++)
		if (keepsake_read(r->plan->keepsake, i, &k))
			e = ask_for(r, &k);
	return e;
}

static int64_t round_memory_later(int64_t a, int64_t b)
{
	return a > b ? a : b; /* TIME_NONE is the smallest value */
}

void round_memory_mark(const struct round *r, struct lane *l, size_t n)
{
	int64_t before = round_memory_later(r->memory.doubt_before,
					    l->draft.row.doubt_before);

	if (r->memory.failed)
		before = r->now;
	for (size_t i = 0; i < n; i++)
		if (l->draft.rows[i].accepted_at < before)
			l->draft.rows[i].maybe_duplicate = true;
}

void round_memory_forgive(const struct round *r, struct lane *l)
{
	if (r->now - round_memory_later(l->draft.row.doubt_before, 0) >
	    DOUBT_MS)
		l->draft.row.doubt_before = TIME_NONE;
}

static void remember(struct round *r)
{
	struct round_memory *m = &r->memory;

	for (size_t i = 0; i < r->fresh_count; i++)
		m->turns.taken[m->takes++ % KEEPSAKE_TAKES] =
			r->fresh[i]->ledger.row.turn;
	if (!r->write_count)
		return;
	m->turns.lane = r->writes[r->write_count - 1].lane->lane;
	m->turns.turn = r->turn;
	m->turns.written_at = r->now;
	keepsake_write(r->plan->keepsake, r->plan->worker, &m->turns);
}

static void begin_doubt(struct round *r)
{
	struct round_memory *m = &r->memory;

	m->failed = false;
	if (keepsake_may_tell(r->plan->keepsake))
		log_warn("the database has gone back to an earlier state "
			 "(commits lost in a crash, a fail-over, a dump): "
			 "waiting deliveries that were published before now "
			 "are sent marked as possible duplicates");
	m->doubt_before = r->now;
	m->spreading = true;
	m->place = 0;
	m->next = 0;
}

void round_memory_keep(struct round *r)
{
	remember(r);
	r->memory.connects = r->store.connects;
	if (r->memory.failed)
		begin_doubt(r);
}

/* A refusal is no matter here: a round meets it, too. */
enum err round_memory_watch(struct round *r)
{
	struct round_memory *m = &r->memory;
	bool first = !m->watched;
	enum err e;

	if (r->store.connects == m->watched)
		return ERR_OK;
	e = round_memory_check(r);
	if (!e && m->failed)
		e = store_now(&r->store, &r->now);
	if (e)
		return e == ERR_TEMP ? e : ERR_OK;
	if (m->failed)
		begin_doubt(r);
	m->connects = m->watched = r->store.connects;
	if (!first || keepsake_was_away(r->plan->keepsake))
		m->settled = clock_monotonic() + SETTLE_MS;
	return ERR_OK;
}

bool round_memory_settles(const struct round *r)
{
	const struct round_memory *m = &r->memory;

	return (m->watched && m->watched != r->store.connects) ||
	       clock_monotonic() < m->settled;
}

void round_memory_spread(struct round *r)
{
	struct round_memory *m = &r->memory;
	enum err e;

	if (!m->spreading || clock_monotonic() < m->next)
		return;
	db_hasty(r->store.db, true);
	e = store_lane_doubt(&r->store, m->doubt_before, &m->place);
	db_hasty(r->store.db, false);
	if (e)
		m->next = clock_monotonic() + SPREAD_AGAIN_MS;
	else
		m->spreading = m->place != 0;
}
