/* SPDX-License-Identifier: MIT */
/*
 * round: the ledger's transaction, and the lanes that it works on.
 *
 * A round may be repeated by the database layer, so it computes everything
 * into drafts, and only after the COMMIT it changes the lanes in memory and
 * hands new parcels to the courier.
 */
#ifndef HOOKS_ROUND_H
#define HOOKS_ROUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "deliver/keepsake.h"
#include "deliver/lane.h"
#include "store/store.h"
#include "store/store_lane_hook.h"
#include "store/store_outcome.h"

struct plan;
struct round_wait;
struct tally;

enum {
	ROUND_BYTES_MAX = 8 * 1024 * 1024, /* bodies in memory, of all lanes */
	/* An organization that has half of these bytes, or of the lanes that
	 * can be open, is greedy: it gets no more until it has less. Its
	 * lanes may hang, while others have work. */
	ROUND_BYTES_HALF = ROUND_BYTES_MAX / 2,
	ROUND_LANES_HALF = STORE_LANE_MAX / 2,
	ROUND_GREEDY_MAX = 3 /* for example two by lanes and one by bytes */
};

/* The turns that the database must still know, and the time of the doubt:
 * round_memory.h. */
struct round_memory {
	struct keepsake_turns turns;
	size_t takes;	      /* so far; the newest replaces the oldest */
	unsigned connects;    /* when all this was true */
	unsigned watched;     /* at the last round_memory_watch() */
	int64_t settled;      /* monotonic: see round_memory_settles() */
	bool failed;	      /* the current round found that it is not */
	int64_t doubt_before; /* database time; TIME_NONE: no doubt */
	bool spreading;	      /* not all lanes know of the doubt */
	uint64_t place;	      /* the last one that does */
	int64_t next;	      /* monotonic: when to go on */
};

struct round_greedy {
	struct id organization;
	bool bytes; /* its open lanes may not read more, either */
};

struct round {
	const struct plan *plan;
	struct store store;
	struct lane *lane[STORE_LANE_MAX]; /* open */
	size_t lane_count;
	size_t out;	/* rows handed out, of all lanes */
	size_t parcels; /* the parcels with these rows */
	size_t bytes;	/* the bytes of their bodies */

	uint64_t due[STORE_LANE_MAX]; /* lanes to take */
	size_t due_count;
	int64_t wake; /* monotonic: the earliest end of a wait for tokens */
	bool told_unreadable; /* unreadable secrets were reported */
	bool told_refused;    /* news that the database refused were reported */
	bool contended; /* other senders took some of the last ones first */
	struct round_greedy greedy[ROUND_GREEDY_MAX];
	size_t greedy_count;
	struct tally *tally; /* counts that are not written yet */
	bool closed;	     /* takes nothing new any more */
	struct round_memory memory;

	/* Lanes that meet a lock of somebody else, or a refusal, and the
	 * parcels of those that are open: round_wait.h. */
	struct round_wait *wait;
	size_t wait_count;
	struct parcel_list aside;
	int64_t no_ask_before; /* monotonic */
	bool refused;	       /* the database has refused rows of some lane */

	/* The COMMIT of the current round got no answer: its drafts are kept,
	 * and these parcels, which it has recorded if it was done. */
	bool in_doubt;
	struct parcel_list doubted;

	/* Of the current round: */
	uint64_t turn;	   /* another one in each round of each run */
	int64_t lease_end; /* monotonic, of the leases that it writes */
	struct arena arena;
	struct parcel_list *back, part;
	struct store_outcome *outcomes;
	size_t outcome_count;
	size_t draft_bytes; /* with the bodies read in this round */
	struct lane *fresh[STORE_LANE_MAX];
	size_t fresh_count;
	struct store_lane_write *writes;
	size_t write_count;
	int64_t clock, now; /* monotonic, and the database's clock then */
	bool writes_tally;
};

void round_init(struct round *r, const struct plan *plan);
void round_release(struct round *r);

/* The hook's public _id, for messages; written to `out`. */
const char *round_hook_id(const struct round *r, const struct lane *l,
			  char out[ID_TEXT_SIZE]);

/* Whether a round has work although no parcel came back. */
bool round_is_due(const struct round *r);
/* One round. On success `back` is recorded, freed and empty; on failure its
 * parcels are recorded by a later call. */
enum err round_run(struct round *r, struct parcel_list *back);

/* Writes the remaining counts at the end of a run. */
enum err round_write_tally(struct round *r);

/* Makes lanes that were read empty, or `all` lanes, be read again from the
 * start: a row may have been committed late with an early time. */
void round_reread(struct round *r, bool all);
/* Closes lanes whose hook was changed, so that they are opened again. */
enum err round_check_hooks(struct round *r);
/* Closes every lane: takes nothing new, hands back unsent parcels. */
void round_close_all(struct round *r);

/* The leases are lost: nothing is recorded after this. */
void round_abandon(struct round *r);
/* Frees parcels of abandoned lanes. */
void round_forget(struct round *r, struct parcel_list *back);

#endif
