/* SPDX-License-Identifier: MIT */
/*
 * store_purge: removing what is older than the configuration keeps, a step at
 * a time. A step looks at a bounded number of rows behind a key, in the order
 * of a primary key or of an index that holds just what is looked for, and
 * removes what it found by primary key in a transaction of its own. So it may
 * be interrupted anywhere, and run beside senders, publishers and itself.
 */
#ifndef HOOKS_STORE_PURGE_H
#define HOOKS_STORE_PURGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct store;
struct store_failed;

enum { STORE_EXPIRE_MAX = 100 };

/* What goes: all that is older than these moments, database time. */
struct store_purge {
	int64_t deliveries, notifications, held, idempotency;
	int64_t minutes, hours; /* of what was counted */
	/* Nobody has anything under way any more that began before this. */
	int64_t settled;
	bool dry_run; /* count, and leave everything as it is */
	/* Told of deliveries that were held too long, 1 to STORE_EXPIRE_MAX,
	 * inside the transaction in which they fail and behind that. */
	enum err (*expired)(struct store *s, struct store_failed *list,
			    size_t n);
};

struct store_purged {
	uint64_t held; /* held deliveries that have failed now */
	uint64_t deliveries, attempts, notifications, hooks, idempotency_keys;
	uint64_t statistics; /* minutes and hours */
};

/* Where a step begins and how it ended. */
struct store_purge_place {
	uint64_t key; /* behind this one; 0: from the start */
	bool more;    /* another step has something to look at */
};

/* Each is one step and adds to `done`. */

/* Deliveries that finished, with their attempts. */
enum err store_purge_deliveries(struct store *s, const struct store_purge *p,
				struct store_purge_place *at,
				struct store_purged *done);
/* Notifications that were fanned out or rejected and have no delivery left. */
enum err store_purge_notifications(struct store *s, const struct store_purge *p,
				   struct store_purge_place *at,
				   struct store_purged *done);
enum err store_purge_idempotency(struct store *s, const struct store_purge *p,
				 struct store_purge_place *at,
				 struct store_purged *done);
/* What was counted (store_stats.h). */
enum err store_purge_stats(struct store *s, const struct store_purge *p,
			   struct store_purge_place *at,
			   struct store_purged *done);
/* Deliveries that were held for themselves fail. */
enum err store_purge_held(struct store *s, const struct store_purge *p,
			  struct store_purge_place *at,
			  struct store_purged *done);
/* Deliveries that wait for a disabled hook fail; deleted hooks that have no
 * delivery left go, with their secrets. */
enum err store_purge_hooks(struct store *s, const struct store_purge *p,
			   struct store_purge_place *at,
			   struct store_purged *done);

#endif
