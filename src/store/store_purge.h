/* SPDX-License-Identifier: MIT */
/*
 * store_purge: removes rows that are older than the configuration allows, step
 * by step. A step looks at a limited number of rows after a key, in the order
 * of a primary key or of an index that has just the wanted rows, and removes
 * those it found by primary key in a transaction of its own. So it may be
 * interrupted anywhere, and run beside senders, publishers and itself.
 */
#ifndef HOOKS_STORE_PURGE_H
#define HOOKS_STORE_PURGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct id;
struct store;
struct store_failed;

enum { STORE_EXPIRE_MAX = 100 };

/* The limits: rows older than these moments (database time) are removed. */
struct store_purge {
	int64_t deliveries, notifications, held, idempotency;
	int64_t minutes, hours; /* of counts */
	/* Everything that began before this is finished. */
	int64_t settled;
	bool dry_run; /* count, and change nothing */
	/* Only deliveries and notifications of this one; NULL: of all. */
	const struct id *organization;
	/* Gets the deliveries that were held too long, 1 to STORE_EXPIRE_MAX,
	 * inside the transaction in which they fail, after they have failed. */
	enum err (*expired)(struct store *s, struct store_failed *list,
			    size_t n);
};

struct store_purged {
	uint64_t held; /* held deliveries that have failed now */
	uint64_t deliveries, attempts, notifications, hooks, idempotency_keys;
	uint64_t statistics; /* minutes and hours */
};

/* Where a step begins, and where it ended. */
struct store_purge_place {
	uint64_t key; /* after this one; 0: from the start */
	bool more;    /* another step has rows to look at */
};

/* Each call is one step and adds to `done`. */

/* Removes finished deliveries with their attempts. */
enum err store_purge_deliveries(struct store *s, const struct store_purge *p,
				struct store_purge_place *at,
				struct store_purged *done);
/* Removes notifications, fanned out or rejected, without a delivery left. */
enum err store_purge_notifications(struct store *s, const struct store_purge *p,
				   struct store_purge_place *at,
				   struct store_purged *done);
enum err store_purge_idempotency(struct store *s, const struct store_purge *p,
				 struct store_purge_place *at,
				 struct store_purged *done);
/* Removes counts (store_stats.h). */
enum err store_purge_stats(struct store *s, const struct store_purge *p,
			   struct store_purge_place *at,
			   struct store_purged *done);
/* Fails deliveries that were held on their own. */
enum err store_purge_held(struct store *s, const struct store_purge *p,
			  struct store_purge_place *at,
			  struct store_purged *done);
/* Fails deliveries that wait for a disabled hook; removes deleted hooks that
 * have no delivery left, with their secrets. */
enum err store_purge_hooks(struct store *s, const struct store_purge *p,
			   struct store_purge_place *at,
			   struct store_purged *done);

#endif
