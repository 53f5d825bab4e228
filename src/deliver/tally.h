/* SPDX-License-Identifier: MIT */
/*
 * tally: the sender's counts since it last wrote them, in memory.
 *
 * The ledger adds a parcel after its outcome is committed, and writes the
 * tally in a later transaction, about once a second and at the end of a run;
 * it is cleared only after the COMMIT of that one, so a repeated transaction
 * writes the same again. A sender that is killed takes the last
 * second's counts with it; a COMMIT whose answer is lost may count one
 * second's worth twice.
 */
#ifndef HOOKS_TALLY_H
#define HOOKS_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "outside/attempt.h"
#include "store/store_lane.h"
#include "store/store_stats.h"

struct parcel;
struct store;

enum {
	TALLY_WRITE_MS = 1000,
	/* A round adds at most two rows for each lane: its hook's and its
	 * organization's. */
	TALLY_ROUND = 2 * STORE_LANE_MAX,
	TALLY_ROWS = 2048, /* a power of two */
	/* The result of an attempt: delivered, an error, an answer's class. */
	TALLY_DELIVERED = 0,
	TALLY_CLASS = ATTEMPT_ERROR_MAX,
	TALLY_OUTCOMES = TALLY_CLASS + 6
};

/* Rows of hooks, and of organizations (hook 0). */
struct tally {
	struct store_stats_row row[TALLY_ROWS];
	size_t count;
	uint16_t slot[2 * TALLY_ROWS]; /* row + 1, by hash; 0: none */
	int64_t since;		       /* of the first count, monotonic */
	struct store_stats *last[2];   /* the rows of the last parcel: the */
	uint64_t last_hook;	       /* next is mostly of the same hook; */
	int64_t last_minute;	       /* hook 0: none */
	uint64_t outcome[TALLY_OUTCOMES];
	uint64_t request_us, latency_us; /* sums */
};

/* Never NULL; free() it. */
struct tally *tally_new(void);
void tally_clear(struct tally *t);

/* Adds a parcel that was sent and recorded at `now` (database time); its
 * answer was complete, or given up, at `ended`. */
void tally_parcel(struct tally *t, const struct parcel *p, int64_t now,
		  int64_t ended);

/* Whether it is time to write the tally; `since` is of this clock. */
bool tally_is_due(const struct tally *t, int64_t monotonic_ms);
/* Inside a transaction. Does not change the tally. */
enum err tally_write(const struct tally *t, struct store *s);

/*
 * The families of counters that are written, and their labels: `attempts` by
 * outcome, `deliveries` by state, and the histograms `latency` and `request`
 * by bucket, with the sum of microseconds.
 */
#define TALLY_SUM "sum_us"
enum { TALLY_BUCKET_SIZE = 4 };

/* The word for one of the TALLY_OUTCOMES. */
const char *tally_outcome_name(size_t outcome);
void tally_bucket_name(char out[TALLY_BUCKET_SIZE], size_t bucket);

#endif
