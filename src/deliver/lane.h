/* SPDX-License-Identifier: MIT */
/*
 * lane: a leased lane in a sender's memory. The ledger (database thread)
 * opens, feeds and closes it; the courier (network thread) sends from it.
 * Each thread touches its own part only, as tests/arrows.py proves; what both
 * need is constant while the lane is open, or one atomic word.
 */
#ifndef HOOKS_LANE_H
#define HOOKS_LANE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "deliver/parcel.h"
#include "deliver/parcel_list.h"
#include "rules/id.h"
#include "store/store_lane_hook.h"

struct courier_org;
struct outcome;

enum {
	LANE_QUOTA_FIRST = 16, /* rows handed out of a lane at first */
	LANE_QUOTA_MAX = 1024, /* and of one that has answered so often */
	LANE_PORTION = 256,    /* a round records so many, and reads as many */
	LANE_KEYS_MAX = LANE_QUOTA_MAX + PARCEL_BATCH_MAX,
	LANE_CAREFUL = 2,	   /* crashes after which it goes one by one */
	LANE_WINDOW_FIRST = 4,	   /* requests at once; Postfix begins with 5 */
	LANE_RATE_PAUSE_MAX = 1100 /* ms: a second, and what is kept back */
};

struct lane {
	/* Constant while it is open. */
	struct {
		struct arena arena;
		struct store_lane_hook hook;
		bool ping; /* its lane of pings, not its queue */
		char organization[ID_TEXT_SIZE];
		const struct http_header *headers; /* the hook's own; arena */
		int64_t ahead; /* of the database's clock to ours, ms */
	} facts;

	/* As committed. */
	struct {
		struct store_lane row;
		uint64_t *keys;	   /* handed out and not yet recorded */
		size_t out;	   /* how many */
		size_t quota;	   /* how many at most: grows with answers */
		size_t row_bytes;  /* of a body, the last seen */
		size_t bytes;	   /* of all bodies that are out */
		int64_t after_due; /* where reading goes on; 0: at the start, */
		uint64_t after_key; /* past what is out already */
		int64_t lease_end;  /* monotonic */
		int64_t rate_until; /* monotonic: no tokens before */
		bool failed;  /* at connection level, since it was opened */
		bool drained; /* nothing was left to read */
		bool closing; /* takes nothing new */
		bool lost;    /* somebody else has the lease */
	} ledger;

	/* The ledger's too, for the length of a round: becomes true by
	 * COMMIT. */
	struct {
		bool touched; /* the round is about this lane */
		bool lost, drained, closing, keep, failed;
		bool barren; /* it was read from the start, in vain */
		struct store_lane row;
		const char *disable; /* why the hook is switched off */
		bool quietly;	     /* and nobody is told */
		uint64_t *keys;	     /* arena */
		size_t out;
		struct store_lane_row *rows; /* arena; in order of plans */
		size_t row_count;
		struct parcel_plan *plans; /* arena */
		size_t plan_count;
		int64_t rate_wait; /* ms until the bucket has tokens */
	} draft;

	struct {
		struct parcel_list ready;
		size_t in_flight;
		bool in_ring, halted;
		struct lane *ring_next, *ring_previous;
		struct courier_org *org;
	} courier;

	/* Read and written by both. */
	struct {
		atomic_bool recall;   /* hand back what was not sent */
		atomic_size_t window; /* requests at once; the courier's word */
		/* Monotonic: a request that starts later could outlast the
		 * lease. */
		atomic_int_fast64_t send_until;
	} shared;
};

/* From what was read of its row and its hook (whose strings are copied);
 * `now` is the database's time. */
struct lane *lane_new(const struct store_lane *row,
		      const struct store_lane_hook *hook, int64_t now);
void lane_free(struct lane *l);

/* How many rows may be out: of pings as they come; one of an ordered lane, one
 * probe of a target that was dead, one at a time after crashes. */
size_t lane_quota(const struct lane *l, const struct store_lane *row);
/* How many more, when `out` are out: not before half of them are back, or a
 * whole portion, so that the network never waits for a round. Where a rate
 * counts what is handed out, only what can be sent at once is. */
size_t lane_room(const struct lane *l, const struct store_lane *row,
		 size_t out);
/* An outcome of `count` rows: answers double it with each turnover, a
 * time-out halves it, so that a lane that hangs keeps little in memory. */
void lane_adjust(struct lane *l, const struct outcome *o, size_t count);

/*
 * What an outcome does to the lane's health (draft), `now` being the
 * database's time: a failure suspends it, for longer each time, an answer
 * ends that, Retry-After puts it off. `failed` is whether that happened
 * since the lane was opened: requests that were under way together count as
 * one failure. Pure.
 */
void lane_learn(struct store_lane *draft, bool *failed, const struct outcome *o,
		int64_t now, double fraction);

/*
 * The lane's rate: never more than `rate` in any second, though a second's
 * worth may go at once when none went before. So a bucket does not refill
 * for as long as what was saved in it would have taken. `rate` is over 0.
 *
 * What there is at `now`, and is true of the lane's row from then on.
 */
double lane_tokens(struct store_lane *l, unsigned rate, int64_t now);
/* Takes n, of what lane_tokens() has just found; `batch` is how many go
 * together. */
void lane_spend(struct store_lane *l, unsigned rate, unsigned batch, size_t n,
		int64_t now);
/* When there was less than one: how long until one more may go, or a batch. */
int64_t lane_rate_wait(const struct store_lane *l, unsigned rate,
		       unsigned batch, int64_t now);

#endif
