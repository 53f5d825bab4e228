/* SPDX-License-Identifier: MIT */
/*
 * store_outcome: recording the results of deliveries: their rows and one row
 * for each attempt. Called inside the transaction of a round (store_lane.h),
 * after the fence.
 */
#ifndef HOOKS_STORE_OUTCOME_H
#define HOOKS_STORE_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/id.h"

struct attempt;
struct store;

enum store_result {
	STORE_DELIVERED,
	STORE_PENDING, /* again at `due_at` */
	STORE_FAILED
};

/* The result of a delivery. Numbers are those after the attempt. A database
 * that forgets gives a key out again; so a row is known by its lane's hook and
 * its time, too. */
struct store_outcome {
	uint64_t lane, key;
	int64_t created_at;
	/* Set by store_outcome_find() and store_outcome_record(). */
	bool gone, erased;
	enum store_result result;
	unsigned attempts, tries;
	bool maybe_duplicate;
	int64_t due_at;		       /* STORE_PENDING; TIME_NONE: as it is */
	int64_t started_at;	       /* database time */
	const struct attempt *attempt; /* borrowed; NULL: none was made */
	const char *reason;	       /* why it failed without one; NULL */
};

/* A delivery that failed, which may be reported. */
struct store_failed {
	uint64_t key;
	struct id organization;
};

/* Locks these deliveries, at most DB_LIST_MAX, and keeps the keys of those
 * that are pending: a repeated round finds the ones it has recorded
 * already. */
enum err store_outcome_pending(struct store *s, uint64_t *keys, size_t *n);

/* Locks the rows of those deliveries that are not delivered, and marks the ones
 * that are not there any more. */
enum err store_outcome_find(struct store *s, struct store_outcome *outcomes,
			    size_t n);
/* Called after store_outcome_find(). Nothing is recorded for rows that are
 * gone, and no answer for one whose user was erased while it was on its way. */
enum err store_outcome_record(struct store *s, struct store_outcome *outcomes,
			      size_t n);

#endif
