/* SPDX-License-Identifier: MIT */
/*
 * store_health: how the hooks of an organization stand: what each has to do,
 * and whether its target can be reached. Read from the index of lanes, so
 * that what was delivered costs nothing.
 */
#ifndef HOOKS_STORE_HEALTH_H
#define HOOKS_STORE_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/id.h"

struct arena;
struct store;

/* What is kept because it failed or is held is counted up to this, so that a
 * question costs no more when there is more of it. */
#define STORE_HEALTH_MAX 100000

/* Counts are of deliveries. */
struct store_health {
	uint64_t key;
	struct id id;
	bool enabled;
	int64_t updated_at;	 /* when it was last changed, or switched off */
	int64_t failing_since;	 /* TIME_NONE: the last attempt succeeded */
	int64_t suspended_until; /* TIME_NONE, or already past: it is not */
	uint64_t due, waiting;	 /* of a hook that is on */
	uint64_t held;		 /* of one that is not */
	uint64_t in_flight;
	int64_t oldest_due_at; /* of `due`; TIME_NONE: none */
};

/* All hooks that are there, by key; *arena*. */
enum err store_health_hooks(struct store *s, struct arena *arena,
			    const struct id *organization,
			    struct store_health **list, size_t *n);

/* What of these hooks failed, and what is held for itself. */
enum err store_health_kept(struct store *s, const struct store_health *list,
			   size_t n, uint64_t *failed, uint64_t *held);

/* Notifications that were not fanned out yet, and since when the oldest of
 * them waits (TIME_NONE). */
enum err store_health_queued(struct store *s, const struct id *organization,
			     uint64_t *count, int64_t *oldest_at);

#endif
