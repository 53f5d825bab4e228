/* SPDX-License-Identifier: MIT */
/*
 * round_wait: a short list, and the two messages about it.
 */
#include "deliver/round_wait.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "deliver/plan.h"
#include "deliver/round.h"

enum {
	WAITS_MAX = 1024, /* of lanes not open; open lanes always have room */
	PLACES = WAITS_MAX + STORE_LANE_MAX,
	FIRST_MS = 1000,
	LONGEST_MS = 30000,
	CLOSED_MS = 500,  /* at the end of a run */
	PACE = 4,	  /* a fifth of the time is for asking, at most */
	LASTING_TRIES = 3 /* 7 s */
};

void round_wait_init(struct round *r)
{
	r->wait = xcalloc(PLACES, sizeof(*r->wait));
}

void round_wait_release(struct round *r)
{
	free(r->wait);
}

const struct round_wait *round_wait_find(const struct round *r, uint64_t lane)
{
	for (size_t i = 0; i < r->wait_count; i++)
		if (r->wait[i].lane == lane)
			return &r->wait[i];
	return NULL;
}

bool round_wait_rests(const struct round *r, uint64_t lane)
{
	const struct round_wait *w = round_wait_find(r, lane);

	return w && (clock_monotonic() < w->ask_at ||
		     clock_monotonic() < r->no_ask_before);
}

bool round_wait_any(const struct round *r)
{
	return r->wait_count > (round_wait_find(r, ROUND_WAIT_TALLY) ? 1 : 0);
}

static bool is_here(const struct round *r, uint64_t lane)
{
	for (size_t i = 0; i < r->lane_count; i++)
		if (r->lane[i]->ledger.row.lane == lane)
			return true;
	return lane == ROUND_WAIT_TALLY;
}

/* Doubled each time: 1, 2, 4 ... 30 s. */
static int64_t pause_before(const struct round *r, unsigned tries)
{
	int64_t ms = FIRST_MS;

	if (r->closed)
		return CLOSED_MS;
	while (tries-- && ms < LONGEST_MS)
		ms *= 2;
	return ms < LONGEST_MS ? ms : LONGEST_MS;
}

void round_wait_put(struct round *r, uint64_t lane, bool refused)
{
	struct round_wait *w = &r->wait[0];
	int64_t now = clock_monotonic();

	for (size_t i = 0; i < r->wait_count && w->lane != lane; i++)
		w++;
	if (w == &r->wait[r->wait_count]) {
		/* A lane that is only due is found again by the next look. */
		if (r->wait_count >= WAITS_MAX && !is_here(r, lane))
			return;
		*w = (struct round_wait){.lane = lane, .since = now};
		r->wait_count++;
	}
	w->ask_at = now + pause_before(r, w->tries++);
	w->refused = refused;
}

static void remove_wait(struct round *r, size_t i)
{
	r->wait[i] = r->wait[--r->wait_count];
}

void round_wait_pace(struct round *r, int64_t ms)
{
	r->no_ask_before = clock_monotonic() + ms * PACE;
}

void round_wait_end(struct round *r, uint64_t lane)
{
	const struct round_wait *w = round_wait_find(r, lane);
	int64_t now = clock_monotonic();

	if (!w)
		return;
	remove_wait(r, (size_t)(w - r->wait));
	for (size_t i = 0; i < r->wait_count; i++)
		r->wait[i].ask_at = now;
}

static bool is_among(const uint64_t *lanes, size_t n, uint64_t lane)
{
	for (size_t i = 0; i < n; i++)
		if (lanes[i] == lane)
			return true;
	return false;
}

void round_wait_forget(struct round *r, const uint64_t *due, size_t n)
{
	for (size_t i = r->wait_count; i-- > 0;)
		if (!is_here(r, r->wait[i].lane) &&
		    !is_among(due, n, r->wait[i].lane))
			remove_wait(r, i);
}

bool round_wait_is_vain(const struct round *r, bool once)
{
	int64_t now = clock_monotonic();
	int64_t lease = r->plan->conf->sender.lease;

	for (size_t i = 0; i < r->lane_count; i++) {
		const struct lane *l = r->lane[i];

		if (!round_wait_find(r, l->ledger.row.lane) ||
		    now < l->ledger.lease_end)
			return false;
	}
	for (size_t i = 0; i < r->wait_count && once; i++)
		if (now - r->wait[i].since < lease)
			return false;
	return r->lane_count || (once && round_wait_any(r));
}

size_t round_wait_lasting(const struct round *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->wait_count; i++)
		n += !r->wait[i].refused && r->wait[i].tries > LASTING_TRIES;
	return n;
}

bool round_wait_is_refused(const struct round *r)
{
	for (size_t i = 0; i < r->wait_count; i++)
		if (r->wait[i].refused)
			return true;
	return false;
}
