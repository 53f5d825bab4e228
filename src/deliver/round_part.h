/* SPDX-License-Identifier: MIT */
/*
 * round_part: which lanes a round works on: all that have a reason, together;
 * when a lock of another client stops them, or a row that the database refuses,
 * in halves, until the lane concerned is alone. That one is put aside
 * (round_wait.h), the others are served.
 */
#ifndef HOOKS_ROUND_PART_H
#define HOOKS_ROUND_PART_H

#include "base/err.h"

struct parcel_list;
struct round;

/* Moves parcels of lanes that wait out of `back`. */
void round_part_sort(struct round *r, struct parcel_list *back);

/* Does what round_run() promises, as one round or as several. */
enum err round_part_run(struct round *r, struct parcel_list *back);

#endif
