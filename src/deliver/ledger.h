/* SPDX-License-Identifier: MIT */
/*
 * ledger: a sender's database thread. It fans out notifications, leases lanes,
 * hands their rows to the courier as parcels, and records outcomes in batches
 * while the network goes on.
 *
 * All of that except the fan-out is one transaction, the round (store_lane.h):
 * the fence, the outcomes, new lanes, the next rows, and every lane's row with
 * the keys that are now in flight.
 */
#ifndef HOOKS_LEDGER_H
#define HOOKS_LEDGER_H

#include "base/err.h"

struct plan;

/* Runs until the plan's wish ends it, or, with `once`, until all is done, and
 * every parcel is recorded. ERR_TEMP: the database could not be reached until
 * the leases were gone; ERR_CONFIG: it refuses the sender. */
enum err ledger_run(const struct plan *plan);

#endif
