/* SPDX-License-Identifier: MIT */
/*
 * send_prepare: the work of a run before its workers start: checks that the
 * database can be reached and fits, frees the leases of dead senders, and, with
 * --once, decides what belongs to the run.
 */
#ifndef HOOKS_SEND_PREPARE_H
#define HOOKS_SEND_PREPARE_H

#include <stdint.h>

#include "base/err.h"

struct lock;
struct store;

/*
 * Leaves the store disconnected. `until` is NULL unless the run is `once`:
 * then everything that was published is fanned out, and `until` is set to the
 * time up to which deliveries belong to the run; SIGTERM and SIGINT, which must
 * be blocked, cut that short. `now`: the database's time. `workers`: 0 is
 * replaced by the number that suits machine and database. Errors are reported.
 */
enum err send_prepare_run(struct store *s, struct lock *lock, int64_t *until,
			  int64_t *now, unsigned *workers);

/* Ends the leases of dead owners on this host. */
enum err send_prepare_bury(struct store *s, struct lock *lock);

#endif
