/* SPDX-License-Identifier: MIT */
/*
 * round_memory: a database that has gone back to an earlier state: it crashed
 * and had not written its last commits to the disk, a replica that was behind
 * took over, somebody restored a dump. Deliveries that it has forgotten may
 * have been sent already; so all that were published before this is noticed go
 * out marked as possible duplicates.
 *
 * The forgetting shows in a lane that is open, and otherwise, after each new
 * connection, in the lanes that the last rounds wrote: of this worker, of the
 * others of its run, and of the run before (keepsake.h).
 */
#ifndef HOOKS_ROUND_MEMORY_H
#define HOOKS_ROUND_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct lane;
struct round;
struct store_lane_claim;

/* Whether a lane's row is an earlier one, and not somebody else's. */
bool round_memory_is_earlier(const struct round *r, const struct lane *l,
			     const struct store_lane_claim *c);
/* Inside the transaction, after the fence: if the connection is a new one,
 * looks whether the database still has the rows that the last rounds wrote. */
enum err round_memory_check(struct round *r);
/* The same at any time outside of one: nobody waits for the next round to be
 * told. */
enum err round_memory_watch(struct round *r);
/* Whether the connection is so new that senders on other hosts may not have
 * said yet what the database has forgotten: lanes are left to them, if they
 * have them. Not for a run's first connection, unless the run before had lost
 * its own. */
bool round_memory_settles(const struct round *r);
/* Marks those of the n rows read for the lane's draft that are in doubt. */
void round_memory_mark(const struct round *r, struct lane *l, size_t n);
/* Ends the doubt of a lane in which nothing waits. */
void round_memory_forgive(const struct round *r, struct lane *l);

/* After the COMMIT: remembers what this round has written, and notes and
 * reports a database that has gone back. */
void round_memory_keep(struct round *r);
/* A step of writing the doubt to all lanes, for other senders; repeated, later,
 * until it succeeds. */
void round_memory_spread(struct round *r);

#endif
