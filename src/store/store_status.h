/* SPDX-License-Identifier: MIT */
/*
 * store_status: how the queue stands, in one look, for `hooks-admin status`
 * and whoever watches over an installation.
 *
 * Everything is read from indexes that hold only what is not finished, or
 * what failed or is held (store_lane.h): what was delivered costs nothing.
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

/* Deliveries, unless said otherwise. Those of a disabled hook are held,
 * those of a deleted one cancelled: they are in none of these. */
struct store_status {
	uint64_t due;	    /* to be sent now; in flight ones included */
	uint64_t waiting;   /* to be sent later: a retry */
	uint64_t held;	    /* until somebody acts */
	uint64_t in_flight; /* on the way, or were when their sender died */
	uint64_t failed;    /* given up */
	uint64_t queued;    /* notifications not yet fanned out */
	uint64_t rejected;  /* notifications that are wrong */
	/* For how long the oldest of `due` and `queued` has been due,
	 * milliseconds; 0 when there is none. */
	int64_t oldest_due;
};

enum err store_status_read(struct store *s, struct store_status *out);

struct store_rejected {
	struct id id, organization;
	int64_t created_at;
	const char *action, *reason; /* arena; the action is the client's */
};

/* The newest rejected notifications, at most `max`; *arena*. */
enum err store_status_rejected(struct store *s, unsigned max,
			       struct arena *arena,
			       struct store_rejected **list, size_t *count);

/* The last run of the sender on one machine. */
struct store_sender {
	const char *host; /* arena */
	int64_t started_at, seen_at;
	int64_t ended_at; /* TIME_NONE: it runs, or died */
	uint64_t delivered, failed, retried;
};

/* A run leaves a sign of life at its start, at its end, and every ten seconds
 * between; cron starts the next one within a minute. After two of silence
 * something is wrong. */
enum { STORE_SENDER_SILENCE_MS = 120000 };

/* Whether a sender runs, or will before long. `now`: the database's. */
bool store_sender_alive(const struct store_sender *s, int64_t now);

/* One entry a machine, the one seen last comes first; *arena*. */
enum err store_status_senders(struct store *s, struct arena *arena,
			      struct store_sender **list, size_t *count);

#endif
