/* SPDX-License-Identifier: MIT */
/*
 * lane: a leased lane in a sender's memory. The ledger (database thread)
 * opens, feeds and closes it; the courier (network thread) sends from it.
 * Each thread touches only its own part, as tests/arrows.py proves; the values
 * that both need are constant while the lane is open, or single atomic words.
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
struct courier_pace;
struct outcome;

enum {
	LANE_QUOTA_FIRST = 16, /* initial quota of rows in flight */
	LANE_QUOTA_MAX = 1024, /* maximum quota of rows in flight */
	LANE_PORTION = 256,    /* rows that a round records, and reads */
	LANE_KEYS_MAX = LANE_QUOTA_MAX + PARCEL_BATCH_MAX,
	LANE_CAREFUL = 2,	   /* crashes after which rows go one by one */
	LANE_WINDOW_FIRST = 4,	   /* requests at once; Postfix begins with 5 */
	LANE_RATE_PAUSE_MAX = 1100 /* ms: a second and the reserve */
};

struct lane {
	/* Constant while the lane is open. */
	struct {
		struct arena arena;
		struct store_lane_hook hook;
		bool ping; /* the hook's lane of pings, not its queue */
		char organization[ID_TEXT_SIZE];
		const struct http_header *headers; /* the hook's own; arena */
	} facts;

	/* The ledger's, as committed. */
	struct {
		struct store_lane row;
		uint64_t *keys;	  /* of rows handed out and not yet recorded */
		size_t out;	  /* their number */
		size_t quota;	  /* its maximum, which grows with answers */
		size_t row_bytes; /* of the last body seen */
		size_t bytes;	  /* of all bodies handed out */
		/* Where reading continues: after this due time and key; 0: at
		 * the start, where rows already handed out are skipped. */
		int64_t after_due;
		uint64_t after_key;
		int64_t lease_end;    /* monotonic */
		int64_t leased_until; /* the same moment, database time */
		int64_t rate_until;   /* monotonic: no tokens before this */
		/* ms by which deliveries left later than their tokens were
		 * taken, at most. */
		int64_t late;
		bool failed; /* at connection level since the lane was opened */
		bool drained; /* there were no more rows to read */
		bool closing; /* takes nothing new */
		bool tells;   /* the row must note that a change was seen */
		bool lost;    /* another sender has the lease */
	} ledger;

	/* The ledger's, too, for the length of a round: applied after the
	 * COMMIT. */
	struct {
		bool touched; /* the round works on this lane */
		bool lost, drained, closing, keep, failed;
		bool unmended; /* rows still have times in the future */
		bool barren;   /* reading it from the start gave nothing */
		bool earlier;  /* lost: the database has an earlier row of it */
		struct store_lane row;
		bool reread; /* a row is to be read again, at its old place */
		const char *disable; /* why the hook is disabled */
		bool quietly;	     /* nobody is told of it */
		uint64_t *keys;	     /* arena */
		size_t out;
		struct store_lane_row *rows; /* arena; in the plans' order */
		size_t row_count;
		struct parcel_plan *plans; /* arena */
		size_t plan_count;
		int64_t late;
		int64_t rate_wait; /* ms until the bucket has tokens */
	} draft;

	struct { /* the courier's */
		struct parcel_list ready;
		size_t in_flight;
		bool in_ring, halted;
		struct courier_pace *pace; /* NULL: as fast as it goes */
		struct lane *ring_next, *ring_previous;
		struct courier_org *org;
	} courier;

	/* Read and written by both threads. */
	struct {
		atomic_bool recall;   /* hand back unsent parcels */
		atomic_size_t window; /* requests at once; set by the courier */
		/* Monotonic: a request that starts later could outlast the
		 * lease. */
		atomic_int_fast64_t send_until;
		/* Monotonic: after this no byte of it may leave; others may be
		 * sending the same. */
		atomic_int_fast64_t leave_until;
		/* Monotonic: nor after this, unless the hook was seen to be
		 * what it was: somebody may have been told that it is
		 * disabled. */
		atomic_int_fast64_t heeds_until;
		/* How far the database's clock is ahead of our monotonic one,
		 * ms, at the last round. */
		atomic_int_fast64_t ahead;
		/* The least time from one request to the next, ms, while the
		 * receiver is overloaded; 0: none. Set by the courier. */
		atomic_int_fast64_t pause;
	} shared;
};

/* Makes a lane from its row and its hook (whose strings are copied); `now` is
 * the database's time. */
struct lane *lane_new(const struct store_lane *row,
		      const struct store_lane_hook *hook, int64_t now);
void lane_free(struct lane *l);

/* The number of rows that may be handed out: for pings as many as there are;
 * one in an ordered lane, as a probe of a dead target, and after crashes. */
size_t lane_quota(const struct lane *l, const struct store_lane *row);
/* The number of further rows when `out` are handed out: 0 until half of them,
 * or a whole portion, are back, so that the network never waits for a round.
 * With a rate limit, only rows that can be sent at once are handed out. */
size_t lane_room(const struct lane *l, const struct store_lane *row,
		 size_t out);
/* Adjusts the quota after an outcome of `count` rows: answers double it with
 * each turnover, a time-out halves it, so that a hanging lane keeps little in
 * memory. */
void lane_adjust(struct lane *l, const struct outcome *o, size_t count);

/*
 * Applies an outcome to the lane's health (draft); `now` is the database's
 * time. A failure suspends the lane, for longer each time, an answer ends the
 * suspension, Retry-After postpones the lane. `failed` says whether there was a
 * failure since the lane was opened: requests that were in flight together
 * count as one failure. Pure.
 */
void lane_learn(struct store_lane *draft, bool *failed, const struct outcome *o,
		int64_t now, double fraction);

/* Ends the lane's suspension, whatever its cause. */
void lane_revive(struct store_lane *draft);

/* The row was written while the database's clock was ahead, and it is right
 * again at `now`: times that are later than when the row was written are moved
 * by as much, others in the future are over. A suspension of before stays what
 * it is. Pure. */
void lane_set_back(struct store_lane *row, int64_t now);

/* Ends a suspension that lasts longer than any rule allows: `longest` for what
 * waits in the lane. Pure. */
void lane_bound(struct store_lane *row, int64_t longest, int64_t now);

/*
 * The lane's rate limit: never more than `rate` in any second, although a
 * second's worth may go at once when none went before. So a bucket that gives
 * saved tokens does not refill for the time that they stand for. `rate` is over
 * 0.
 *
 * Returns the tokens at `now`, and stores them in the lane's row.
 */
double lane_tokens(struct store_lane *l, unsigned rate, int64_t now);
/* Takes n of the tokens that lane_tokens() has just returned; `batch` is the
 * number of rows in a request. */
void lane_spend(struct store_lane *l, unsigned rate, unsigned batch, size_t n,
		int64_t now);
/* Deliveries left `ms` milliseconds after their tokens were taken; `before` of
 * these have been heeded already. Returns the milliseconds heeded now. */
int64_t lane_late(struct store_lane *l, int64_t ms, int64_t before,
		  int64_t now);
/* When there is less than one token: the time until one row, or a batch, may
 * go. */
int64_t lane_rate_wait(const struct store_lane *l, unsigned rate,
		       unsigned batch, int64_t now);

#endif
