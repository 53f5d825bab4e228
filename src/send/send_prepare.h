/* SPDX-License-Identifier: MIT */
/*
 * send_prepare: the work of a run before its workers start: checks that the
 * database can be reached and fits, frees the leases of dead senders, and, with
 * --once, decides what belongs to the run.
 */
#ifndef HOOKS_SEND_PREPARE_H
#define HOOKS_SEND_PREPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct lock;
struct send_options;
struct store;

struct send_prepared {
	int64_t now;   /* the database's time */
	int64_t until; /* with `once`: the last due time of the run's
			  deliveries; else TIME_NONE */
	bool left;     /* with `once`: a lock kept some from being fanned out */
};

/*
 * Leaves the store disconnected. If the run is `once`, everything that was
 * published is fanned out; SIGTERM and SIGINT, which must be blocked, cut that
 * short. `workers`: 0 is replaced by the number that suits machine and
 * database. Errors are reported.
 */
enum err send_prepare_run(struct store *s, struct lock *lock,
			  const struct send_options *o, unsigned *workers,
			  struct send_prepared *out);

/* Ends the leases of dead owners on this host. */
enum err send_prepare_bury(struct store *s, struct lock *lock);

#endif
