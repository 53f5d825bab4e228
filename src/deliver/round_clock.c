/* SPDX-License-Identifier: MIT */
/*
 * round_clock: a lane that was written while the database's clock was ahead.
 */
#include "deliver/round_tx.h"

#include "deliver/round.h"
#include "store/store_clock.h"

enum err round_clock_heed(struct round *r, struct lane *l)
{
	struct store_lane *row = &l->draft.row;
	enum err e;

	if (row->written_at <= r->now + STORE_CLOCK_SKEW_MS)
		return ERR_OK; /* TIME_NONE, too */
	lane_set_back(row, r->now);
	e = store_clock_mend(&r->store, row->lane, l->facts.hook.ordered,
			     &l->draft.unmended);
	if (!e && !l->draft.unmended)
		row->written_at = r->now;
	l->draft.reread = true; /* rows stand at earlier places than before */
	return e;
}
