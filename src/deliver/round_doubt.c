/* SPDX-License-Identifier: MIT */
/*
 * round_doubt: asks the lanes that the round has written, one after the other,
 * until one has the turn of this round or the one before it.
 */
#include "deliver/round_doubt.h"

#include "deliver/parcel_list.h"
#include "deliver/round.h"

void round_doubt_begin(struct round *r)
{
	r->in_doubt = true;
	parcel_list_join(&r->doubted, r->back);
}

struct doubt {
	struct round *round;
	const struct lane *lane; /* the one that is asked */
	uint64_t turn;		 /* of its row */
	bool told, done;
	bool locked; /* some lane could not be asked */
};

static enum err read_turn(struct db *db, void *arg)
{
	struct doubt *d = arg;

	(void)db;
	return store_lane_turn(&d->round->store, d->lane->ledger.row.lane,
			       &d->turn);
}

static enum err ask_lane(struct doubt *d, const struct lane *l)
{
	struct db *db = d->round->store.db;
	enum err e;

	d->lane = l;
	e = db_tx(db, DB_REPEAT, read_turn, d);
	if (e == ERR_NOT_FOUND)
		return ERR_OK;
	if (e == ERR_TEMP && db_locked(db)) {
		d->locked = true; /* another lane may tell */
		return ERR_OK;
	}
	if (e)
		return e;
	d->done = d->turn == d->round->turn;
	d->told = d->done || d->turn == l->ledger.row.turn;
	return ERR_OK;
}

static bool was_written(const struct round *r, const struct lane *l)
{
	return l->draft.touched && l->draft.row.turn == r->turn;
}

/* Asks those lanes that the round keeps, or those that it gives back: these may
 * have been taken by others since. */
static enum err ask_lanes(struct doubt *d, struct lane *const *lanes, size_t n,
			  bool keep)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < n && !e && !d->told; i++)
		if (was_written(d->round, lanes[i]) &&
		    lanes[i]->draft.keep == keep)
			e = ask_lane(d, lanes[i]);
	return e;
}

enum err round_doubt_ask(struct round *r, bool *done)
{
	struct doubt d = {.round = r};
	enum err e = ERR_OK;

	db_hasty(r->store.db, true);
	for (int keep = 1; keep >= 0 && !e && !d.told; keep--) {
		e = ask_lanes(&d, r->lane, r->lane_count, keep);
		if (!e)
			e = ask_lanes(&d, r->fresh, r->fresh_count, keep);
	}
	db_hasty(r->store.db, false);
	*done = d.done;
	return !e && !d.told && d.locked ? ERR_TEMP : e;
}
