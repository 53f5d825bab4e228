/* SPDX-License-Identifier: MIT */
/*
 * fanout: the second half of publishing. A notification that is queued, or
 * scheduled and due, becomes one delivery for each matching hook. It was
 * checked when it was published or taken over.
 */
#ifndef HOOKS_FANOUT_H
#define HOOKS_FANOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "deliver/turns.h"

struct locked;
struct store;

enum {
	FANOUT_MAX = 256, /* rows of a transaction, and about this many
			     deliveries: */
	FANOUT_DELIVERIES = 5000,
	FANOUT_ORGS = 64 /* organizations of a transaction */
};

struct fanout_count {
	size_t taken; /* rows */
	size_t rejected;
	uint64_t made; /* deliveries */
	bool more;     /* there may be more */
};

/* Which notifications. */
enum fanout_from {
	FANOUT_QUEUE,	 /* those that are queued */
	FANOUT_SCHEDULE, /* scheduled ones that are due, in the order of their
			    times; not those after an older queued one */
	FANOUT_BEFORE	 /* queued ones; not those that were accepted after a
			    scheduled one was due that waits */
};

/* Runs one transaction. The organizations with queued rows take turns, each
 * with its oldest rows that have a key up to `newest`; rows that would make too
 * many deliveries at once are left for the next transaction. When it meets a
 * lock of another client, each organization has a transaction of its own, and
 * those that meet it are left out for a while: `locked`. Scheduled
 * notifications wait while their organization is at [api] max_due, or has rows
 * in the outbox that may replace or cancel them.
 */
enum err fanout_run(struct store *s, enum fanout_from source,
		    struct turns *place, struct locked *locked, uint64_t newest,
		    struct fanout_count *out);

#endif
