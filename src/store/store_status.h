/* SPDX-License-Identifier: MIT */
/*
 * store_status: the state of the queue at one moment, for `hooks-admin status`
 * and for monitoring.
 *
 * Everything is read from indexes that hold only unfinished rows, or failed
 * and held ones (store_lane.h): delivered rows cost nothing.
 */
#ifndef HOOKS_STORE_STATUS_H
#define HOOKS_STORE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/id.h"

struct arena;
struct store;

/* Numbers of deliveries, unless said otherwise. Those of a disabled hook count
 * as held; those of a deleted hook are cancelled and in none of these. */
struct store_status {
	uint64_t due;	    /* to be sent now, including those in flight */
	uint64_t waiting;   /* to be sent later: retries */
	uint64_t held;	    /* until somebody acts */
	uint64_t in_flight; /* being sent, or were when their sender died */
	uint64_t failed;    /* retries used up */
	uint64_t queued;    /* notifications in the outbox or not fanned out */
	uint64_t rejected;  /* invalid notifications */
	uint64_t scheduled; /* notifications whose time has not come */
	uint64_t cancelled, replaced; /* notifications, while scheduled */
	uint64_t expired;	      /* of `failed`; store_status_expired() */
	/* How long the oldest of `due` and `queued` has been due, in
	 * milliseconds; 0 when there is none. */
	int64_t oldest_due;
};

/* All but `expired`, which is 0. */
enum err store_status_read(struct store *s, struct store_status *out);
/* Looks at every failed delivery. */
enum err store_status_expired(struct store *s, uint64_t *expired);

struct store_rejected {
	struct id id, organization;
	int64_t created_at;
	const char *action, *reason; /* arena; the action is the client's */
};

/* The newest rejected notifications, at most `max`; *arena*. */
enum err store_status_rejected(struct store *s, unsigned max,
			       struct arena *arena,
			       struct store_rejected **list, size_t *count);

#endif
