/* SPDX-License-Identifier: MIT */
/*
 * store_clock: a database whose clock was ahead and is right again. Times that
 * were written meanwhile lie far in the future: deliveries would wait for as
 * long as the clock was wrong. Such rows are known by the time at which they
 * were written, and any others, whoever wrote them, by a wait that is longer
 * than the rules allow.
 */
#ifndef HOOKS_STORE_CLOCK_H
#define HOOKS_STORE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct store;

/* Clocks of a cluster's nodes differ by less. */
enum { STORE_CLOCK_SKEW_MS = 1000 };

/* The longest time from now that a delivery may wait, in a lane whose target
 * has `asked` for time or in another one; ms. */
int64_t store_clock_longest(const struct store *s, bool asked);

/* Makes senders look at all lanes that were written in the future, or wait for
 * too long; leases in them end in time. `n`: how many. Not inside a
 * transaction. */
enum err store_clock_sweep(struct store *s, uint64_t *n);

/*
 * Inside a round, for a lane that was written in the future, or in which
 * something waits for more than `longest`: deliveries that were made in the
 * future, or whose last attempt ended there, are due when they would have been,
 * and those that stand after such in an `ordered` lane, too; none waits for
 * more than `longest` after its last attempt. Older deliveries keep their place
 * before younger ones. `more`: call again in another round.
 */
enum err store_clock_mend(struct store *s, uint64_t lane, bool ordered,
			  int64_t longest, bool *more);

#endif
