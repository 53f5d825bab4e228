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
	const struct lane *lane;
	uint64_t turn;
};

static enum err read_turn(struct db *db, void *arg)
{
	struct doubt *d = arg;

	(void)db;
	return store_lane_turn(&d->round->store, d->lane->ledger.row.lane,
			       &d->turn);
}

/* Whether the lane's turn tells, and if so, what. */
static enum err ask_lane(struct round *r, const struct lane *l, bool *told,
			 bool *done)
{
	struct doubt d = {.round = r, .lane = l};
	enum err e = db_tx(r->store.db, DB_REPEAT, read_turn, &d);

	if (e)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	*done = d.turn == r->turn;
	*told = *done || d.turn == l->ledger.row.turn;
	return ERR_OK;
}

static bool was_written(const struct round *r, const struct lane *l)
{
	return l->draft.touched && l->draft.row.turn == r->turn;
}

/* Asks those lanes that the round keeps, or those that it gives back: these may
 * have been taken by others since. */
static enum err ask_lanes(struct round *r, struct lane *const *lanes, size_t n,
			  bool keep, bool *told, bool *done)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < n && !e && !*told; i++)
		if (was_written(r, lanes[i]) && lanes[i]->draft.keep == keep)
			e = ask_lane(r, lanes[i], told, done);
	return e;
}

enum err round_doubt_ask(struct round *r, bool *done)
{
	bool told = false;
	enum err e = ERR_OK;

	*done = false;
	for (int keep = 1; keep >= 0 && !e && !told; keep--) {
		e = ask_lanes(r, r->lane, r->lane_count, keep, &told, done);
		if (!e && !told)
			e = ask_lanes(r, r->fresh, r->fresh_count, keep, &told,
				      done);
	}
	return e;
}
