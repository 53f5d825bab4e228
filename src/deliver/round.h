/* SPDX-License-Identifier: MIT */
/*
 * round: the ledger's transaction, and the lanes it is about.
 *
 * A round may be repeated by the database layer, so it computes everything
 * into drafts and only after the COMMIT changes what is held in memory and
 * hands new parcels to the courier.
 */
#ifndef HOOKS_ROUND_H
#define HOOKS_ROUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "deliver/lane.h"
#include "store/store.h"
#include "store/store_lane_hook.h"
#include "store/store_outcome.h"

struct plan;
struct tally;

enum {
	ROUND_BYTES_MAX = 8 * 1024 * 1024, /* bodies in memory, of all lanes */
	/* Of that, and of the lanes that can be open, an organization that
	 * has half is greedy: it gets no more before it has less. Its lanes
	 * may hang, and others have work. */
	ROUND_BYTES_HALF = ROUND_BYTES_MAX / 2,
	ROUND_LANES_HALF = STORE_LANE_MAX / 2,
	ROUND_GREEDY_MAX = 3 /* two of lanes and one of bytes, say */
};

struct round_greedy {
	struct id organization;
	bool bytes; /* it may not read on in its lanes either */
};

struct round {
	const struct plan *plan;
	struct store store;
	struct lane *lane[STORE_LANE_MAX]; /* open */
	size_t lane_count;
	size_t out;	/* rows handed out, all lanes */
	size_t parcels; /* in which they went */
	size_t bytes;	/* of their bodies */

	uint64_t due[STORE_LANE_MAX]; /* lanes to take */
	size_t due_count;
	int64_t wake;	  /* monotonic: the soonest end of a wait for a rate */
	bool told_locked; /* that there are secrets that cannot be read */
	bool contended;	  /* the last time others took some of them first */
	struct round_greedy greedy[ROUND_GREEDY_MAX];
	size_t greedy_count;
	struct tally *tally; /* what was done and not yet written down */

	/* of the round that runs */
	struct arena arena;
	struct parcel_list *back;
	struct store_outcome *outcomes;
	size_t outcome_count;
	size_t draft_bytes; /* with what was read in this round */
	struct lane *fresh[STORE_LANE_MAX];
	size_t fresh_count;
	struct store_lane_write *writes;
	size_t write_count;
	int64_t clock; /* monotonic, when the database's was read */
	bool writes_tally;
};

void round_init(struct round *r, const struct plan *plan);
void round_release(struct round *r);

/* Its public _id, for messages: `out`. */
const char *round_hook_id(const struct round *r, const struct lane *l,
			  char out[ID_TEXT_SIZE]);

/* Whether a round would do something though nothing came back. */
bool round_is_due(const struct round *r);
/* One round. On success `back` is recorded, freed and empty; on failure it
 * is as it was. */
enum err round_run(struct round *r, struct parcel_list *back);

/* Takes out what receivers answered, the one thing in a round that comes
 * from outside, and what only counts: should the database refuse either, the
 * outcomes are recorded all the same. */
void round_strip(struct round *r, struct parcel_list *back);

/* Writes what is counted and not yet written, at the end of a run. */
enum err round_write_tally(struct round *r);

/* Lanes that were read empty are read again from the start, or all are: a
 * row may have been committed late with an early time. */
void round_reread(struct round *r, bool all);
/* Closes lanes whose hook was changed, so that they are opened anew. */
enum err round_check_hooks(struct round *r);
/* Closes every lane: takes nothing new, hands back what was not sent. */
void round_close_all(struct round *r);

/* The leases are lost: nothing is recorded any more. */
void round_abandon(struct round *r);
/* Frees parcels of abandoned lanes. */
void round_forget(struct round *r, struct parcel_list *back);

#endif
