/* SPDX-License-Identifier: MIT */
/*
 * round_clock: a lane that was written while the database's clock was ahead, or
 * that waits for longer than the rules allow.
 */
#include "deliver/round_tx.h"

#include "deliver/round.h"
#include "store/store_clock.h"

enum err round_clock_mend(struct round *r, struct lane *l)
{
	const struct store_lane *row = &l->draft.row;

	l->draft.reread = true; /* rows stand at earlier places than before */
	return store_clock_mend(&r->store, row->lane, l->facts.hook.ordered,
				store_clock_longest(&r->store, row->put_off),
				&l->draft.unmended);
}

enum err round_clock_heed(struct round *r, struct lane *l)
{
	struct store_lane *row = &l->draft.row;
	bool ahead = row->written_at > r->now + STORE_CLOCK_SKEW_MS;
	enum err e;

	if (ahead)
		lane_set_back(row, r->now);
	lane_bound(row, store_clock_longest(&r->store, row->put_off), r->now);
	if (!ahead)
		return ERR_OK;
	e = round_clock_mend(r, l);
	if (!e && !l->draft.unmended)
		row->written_at = r->now;
	return e;
}
