/* SPDX-License-Identifier: MIT */
/*
 * send_prepare: what a run of the sender does before its workers start: looks
 * whether the database is there and fit, frees what dead senders had leased,
 * and, when it is to be done once, settles what belongs to it.
 */
#ifndef HOOKS_SEND_PREPARE_H
#define HOOKS_SEND_PREPARE_H

#include <stdint.h>

#include "base/err.h"

struct lock;
struct store;

/*
 * Leaves the store disconnected. `until` is NULL unless the run is `once`:
 * then everything that was published is fanned out, and the time is set up to
 * which things are due; SIGTERM and SIGINT, which must be blocked, cut that
 * short. `now`: the database's time. Errors are told.
 */
enum err send_prepare_run(struct store *s, struct lock *lock, int64_t *until,
			  int64_t *now);

/* Ends the leases of this host's owners that are dead. */
enum err send_prepare_bury(struct store *s, struct lock *lock);

#endif
