/* SPDX-License-Identifier: MIT */
/*
 * batch: decides which of the rows that were read go together into one request.
 * A hook with a batch_size over 1 gets up to that many in a body; the members
 * are fixed in the database before the first attempt, because every later one
 * must carry the same members under the same webhook-id.
 */
#ifndef HOOKS_BATCH_H
#define HOOKS_BATCH_H

#include <stddef.h>

#include "base/err.h"

struct lane;
struct round;

/*
 * Fills the lane's draft with plans from the first of its n rows, until they
 * contain `want` rows or more (a batch stays whole), and sorts the rows that
 * were taken into the plans' order.
 */
enum err batch_plan(struct round *r, struct lane *l, size_t n, size_t want);

#endif
