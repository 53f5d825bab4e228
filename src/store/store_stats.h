/* SPDX-License-Identifier: MIT */
/*
 * store_stats: what was delivered, a minute and an hour at a time, for each
 * hook and for each organization as a whole. A sender adds to it; plots are
 * drawn from it. Its size depends on hooks and time, not on deliveries.
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
/* For so long minutes are there; what is older is told by the hour. */
#define STORE_MINUTES_MS (48 * STORE_HOUR_MS)

struct store_stats {
	uint64_t delivered, failed; /* deliveries that ended so */
	uint64_t attempts;	    /* one a delivery, in a batch too */
	uint64_t failed_attempts;
	struct histogram request; /* how long each request took */
	struct histogram latency; /* from publishing to delivered */
};

struct store_stats_row {
	struct id organization;
	uint64_t hook;	/* 0: the organization as a whole */
	int64_t minute; /* its first moment */
	struct store_stats n;
};

void store_stats_merge(struct store_stats *to, const struct store_stats *from);

/* Adds the rows to their minutes and their hours, inside a transaction of the
 * caller's. In one order of all senders, so that they do not deadlock. */
enum err store_stats_add(struct store *s, const struct store_stats_row *rows,
			 size_t n);

/*
 * The series of an organization (hook 0) or of one hook: adds to each of the
 * `n` points what is in its step. `since` is the first one's beginning; `step`
 * milliseconds, whole minutes, and where it is whole hours, hours are read;
 * `since` is a multiple of it.
 */
enum err store_stats_read(struct store *s, const struct id *organization,
			  uint64_t hook, int64_t since, int64_t step,
			  struct store_stats *points, size_t n);

struct store_stats_total {
	uint64_t hook; /* set by the caller */
	uint64_t delivered, failed, failed_attempts;
};

/* What each of these hooks did from `since`, a whole minute, until now; by
 * hook, rising. Adds to what is there. */
enum err store_stats_totals(struct store *s, const struct id *organization,
			    int64_t since, struct store_stats_total *list,
			    size_t n);

#endif
