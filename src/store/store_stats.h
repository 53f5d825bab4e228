/* SPDX-License-Identifier: MIT */
/*
 * store_stats: counts of deliveries by the minute and by the hour, for each
 * hook and for each organization as a whole. Senders add to them; plots are
 * drawn from them. Their size depends on hooks and time, not on deliveries.
 */
#ifndef HOOKS_STORE_STATS_H
#define HOOKS_STORE_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/histogram.h"
#include "rules/id.h"

struct store;

/* The values of the column `step`: minutes in a row. */
enum store_step { STORE_MINUTE = 1, STORE_HOUR = 60 };

#define STORE_MINUTE_MS INT64_C(60000)
#define STORE_HOUR_MS INT64_C(3600000)
/* How long minutes are kept; older counts exist only by the hour. */
#define STORE_MINUTES_MS (48 * STORE_HOUR_MS)

struct store_stats {
	uint64_t delivered, failed; /* deliveries that ended this way */
	uint64_t attempts;	    /* one for each delivery, in a batch too */
	uint64_t failed_attempts;
	struct histogram request; /* durations of requests */
	struct histogram latency; /* from publishing to delivery */
};

struct store_stats_row {
	struct id organization;
	uint64_t hook;	/* 0: the organization as a whole */
	int64_t minute; /* the first moment of its minute */
	struct store_stats n;
};

void store_stats_merge(struct store_stats *to, const struct store_stats *from);

/* Adds the rows to their minutes and their hours, inside a transaction of the
 * caller. All senders use the same order, so that they do not deadlock. */
enum err store_stats_add(struct store *s, const struct store_stats_row *rows,
			 size_t n);

/*
 * The series of an organization (hook 0) or of one hook: adds to each of the
 * `n` points the counts of its step. `since` is the beginning of the first one
 * and a multiple of `step`; `step` is in milliseconds and consists of whole
 * minutes; if it consists of whole hours, the counts by the hour are read.
 */
enum err store_stats_read(struct store *s, const struct id *organization,
			  uint64_t hook, int64_t since, int64_t step,
			  struct store_stats *points, size_t n);

struct store_stats_total {
	uint64_t hook; /* set by the caller */
	uint64_t delivered, failed, failed_attempts;
};

/* The counts of each of these hooks from `since`, a whole minute, until now;
 * the list is sorted by hook, rising. Adds to the values in it. */
enum err store_stats_totals(struct store *s, const struct id *organization,
			    int64_t since, struct store_stats_total *list,
			    size_t n);

#endif
