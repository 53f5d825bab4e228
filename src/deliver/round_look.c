/* SPDX-License-Identifier: MIT */
/*
 * round_look: counts room, finds greedy organizations, chooses lanes at random.
 */
#include "deliver/round_look.h"

#include <string.h>

#include "deliver/plan.h"
#include "deliver/round.h"
#include "deliver/round_wait.h"
#include "outside/crypt.h"

bool round_look_has_room(const struct round *r)
{
	return r->lane_count < STORE_LANE_MAX && r->bytes < ROUND_BYTES_MAX;
}

/* ---- greedy organizations ---- */

bool round_look_is_greedy(const struct round *r, const struct id *organization)
{
	for (size_t i = 0; i < r->greedy_count; i++)
		if (r->greedy[i].bytes &&
		    id_equal(&r->greedy[i].organization, organization))
			return true;
	return false;
}

static bool is_listed(const struct round *r, const struct id *organization)
{
	for (size_t i = 0; i < r->greedy_count; i++)
		if (id_equal(&r->greedy[i].organization, organization))
			return true;
	return false;
}

static void judge_greed(struct round *r, const struct id *organization)
{
	size_t lanes = 0, bytes = 0;

	for (size_t i = 0; i < r->lane_count; i++) {
		if (!id_equal(&r->lane[i]->facts.hook.organization,
			      organization))
			continue;
		lanes++;
		bytes += r->lane[i]->ledger.bytes;
	}
	if (lanes >= ROUND_LANES_HALF || bytes >= ROUND_BYTES_HALF)
		r->greedy[r->greedy_count++] = (struct round_greedy){
			*organization, bytes >= ROUND_BYTES_HALF};
}

void round_look_find_greedy(struct round *r)
{
	r->greedy_count = 0;
	if (r->lane_count < ROUND_LANES_HALF && r->bytes < ROUND_BYTES_HALF)
		return;
	for (size_t i = 0; i < r->lane_count; i++)
		if (r->greedy_count < ROUND_GREEDY_MAX &&
		    !is_listed(r, &r->lane[i]->facts.hook.organization))
			judge_greed(r, &r->lane[i]->facts.hook.organization);
}

/* ---- due lanes ---- */

static bool is_open(const struct round *r, uint64_t lane)
{
	for (size_t i = 0; i < r->lane_count; i++)
		if (r->lane[i]->ledger.row.lane == lane)
			return true;
	return false;
}

/* After a long outage of the database, a lease of our own may have ended
 * without being taken: its lane shows as due although it is open. Others meet a
 * lock. */
static void leave_out(struct round *r, const uint64_t *due, size_t n,
		      size_t max)
{
	r->due_count = 0;
	for (size_t i = 0; i < n && r->due_count < max; i++)
		if (!is_open(r, due[i]) && !round_wait_rests(r, due[i]))
			r->due[r->due_count++] = due[i];
}

/* Moves a random part of the lanes that were found to the front. */
static void round_look_choose(struct round *r, size_t max)
{
	size_t first;

	if (r->due_count <= max)
		return;
	first = (size_t)(crypt_random_fraction() *
			 (double)(r->due_count - max + 1));
	memmove(r->due, r->due + first, max * sizeof(*r->due));
	r->due_count = max;
}

/* Looks for lanes of organizations that are not greedy. */
static enum err look_beside(struct round *r, size_t max, uint64_t *due,
			    size_t *n)
{
	struct id greedy[ROUND_GREEDY_MAX];

	for (size_t i = 0; i < r->greedy_count; i++)
		greedy[i] = r->greedy[i].organization;
	if (!r->greedy_count)
		return store_lane_due(&r->store, r->plan->until, max, due, n);
	return store_lane_beside(&r->store, greedy, r->greedy_count,
				 r->plan->until, max, due, n);
}

enum err round_look(struct round *r, size_t max)
{
	size_t room = STORE_LANE_MAX - r->lane_count, see, n;
	struct arena arena;
	uint64_t *due;
	enum err e;

	max = max < room ? max : room;
	see = r->contended ? 4 * max : max;
	see = see < STORE_LANE_MAX ? see : STORE_LANE_MAX;
	arena_init(&arena);
	due = arena_alloc(&arena, (see + r->wait_count) * sizeof(*due));
	e = look_beside(r, see + r->wait_count, due, &n);
	if (!e && r->wait_count)
		round_wait_forget(r, due, n);
	if (!e)
		leave_out(r, due, n, see);
	arena_release(&arena);
	if (!e)
		round_look_choose(r, max);
	return e;
}
