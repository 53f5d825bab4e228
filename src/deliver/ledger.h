/* SPDX-License-Identifier: MIT */
/*
 * ledger: a sender's database thread. It fans out what was published, leases
 * lanes, hands their rows to the courier as parcels, and records outcomes in
 * batches while the network goes on.
 *
 * All of that but the fan-out is one transaction, the round (store_lane.h):
 * the fence, the outcomes, new lanes, the next rows, and every lane's row
 * with the keys that are now in flight.
 */
#ifndef HOOKS_LEDGER_H
#define HOOKS_LEDGER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "outside/conf.h"

struct mailbox;

/* Shared between a run's workers and the program that watches them. */
struct ledger_count {
	atomic_uint_fast64_t delivered, failed, retried;
};

/* How a run is to end. */
enum ledger_wish {
	LEDGER_GO_ON,
	LEDGER_FINISH, /* nothing new; what is under way may end */
	LEDGER_STOP    /* now: within seconds */
};

struct ledger_plan {
	const struct conf *conf; /* borrowed, as all here */
	struct mailbox *mailbox;
	const char *owner; /* name of the lease's holder */
	const char *host;
	unsigned worker; /* 0: the first, which also keeps the record */
	size_t concurrency;
	bool once;	    /* ends when nothing is left that was due by: */
	int64_t until;	    /* database time; TIME_NONE: as time goes on */
	int64_t started_at; /* of the run, database time */
	const char *outage; /* where it is noted that the database is away */
	enum ledger_wish (*wish)(void *arg); /* asked often */
	void *arg;
	struct ledger_count *count;
};

/*
 * Runs until it is wished to end, or, once, until all is done, and every
 * parcel is recorded. ERR_TEMP: the database stayed away until the leases
 * were gone; ERR_CONFIG: it refuses us.
 */
enum err ledger_run(const struct ledger_plan *plan);

#endif
