/* SPDX-License-Identifier: MIT */
/*
 * batch: which of the rows that were read go together into one request. A
 * hook that wants batches gets up to so many in a body; the members are
 * fixed in the database before the first attempt, because every later one
 * must carry the same under the same webhook-id.
 */
#ifndef HOOKS_BATCH_H
#define HOOKS_BATCH_H

#include <stddef.h>

#include "base/err.h"

struct lane;
struct round;

/*
 * Fills the lane's draft with plans from the first of its n rows, until they
 * hold `want` rows or more (a batch stays whole), and puts the rows that were
 * taken in the plans' order.
 */
enum err batch_plan(struct round *r, struct lane *l, size_t n, size_t want);

#endif
