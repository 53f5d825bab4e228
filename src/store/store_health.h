/* SPDX-License-Identifier: MIT */
/*
 * store_health: the state of an organization's hooks: how much each has to
 * deliver, and whether its target can be reached. Read from the index of
 * lanes, so that delivered rows cost nothing.
 */
#ifndef HOOKS_STORE_HEALTH_H
#define HOOKS_STORE_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/id.h"
#include "rules/standing.h"

struct arena;
struct store;

/* Failed and held deliveries are counted up to this, so that a request costs
 * no more when there are more of them. */
#define STORE_HEALTH_MAX 100000

/* Counts are of deliveries. */
struct store_health {
	uint64_t key;
	struct id id;
	bool enabled, ordered;
	int64_t updated_at;	 /* its last change, or when it was disabled */
	int64_t failing_since;	 /* TIME_NONE: the last attempt succeeded */
	int64_t suspended_until; /* TIME_NONE or past: not suspended */
	bool put_off;		 /* the target has asked for that */
	uint64_t due, waiting;	 /* of an enabled hook */
	uint64_t held;		 /* of a disabled hook */
	uint64_t in_flight;
	int64_t oldest_due_at; /* of `due`; TIME_NONE: none */
};

/* All hooks that are not deleted, by key; *arena*. */
enum err store_health_hooks(struct store *s, struct arena *arena,
			    const struct id *organization,
			    struct store_health **list, size_t *n);

/* How it stood when they were read. */
struct standing store_health_standing(const struct store *s,
				      const struct store_health *h);

/* The failed deliveries of these hooks, and those that are held on their own.
 */
enum err store_health_kept(struct store *s, const struct store_health *list,
			   size_t n, uint64_t *failed, uint64_t *held);

/* Notifications that are not fanned out yet, those in the outbox included, and
 * the time since when the oldest of them has waited (TIME_NONE). */
enum err store_health_queued(struct store *s, const struct id *organization,
			     uint64_t *count, int64_t *oldest_at);
/* Its notifications whose time has not come, or that wait for room. */
enum err store_health_scheduled(struct store *s, const struct id *organization,
				uint64_t *count);

#endif
