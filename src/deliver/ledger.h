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

#include "base/err.h"

struct plan;

/*
 * Runs until it is wished to end, or, once, until all is done, and every
 * parcel is recorded. ERR_TEMP: the database stayed away until the leases
 * were gone; ERR_CONFIG: it refuses us.
 */
enum err ledger_run(const struct plan *plan);

#endif
