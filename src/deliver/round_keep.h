/* SPDX-License-Identifier: MIT */
/*
 * round_keep: which answers are kept with their attempts: those of an
 * organization that has used half of [api] max_stored are not.
 */
#ifndef HOOKS_ROUND_KEEP_H
#define HOOKS_ROUND_KEEP_H

#include <stdbool.h>

struct parcel;
struct parcel_list;
struct round;

/* Before a round: drops headers and bodies that are not to be recorded. */
void round_keep_choose(struct round *r, const struct parcel_list *back);
/* After its COMMIT, for each parcel that was recorded. */
void round_keep_count(struct round *r, const struct parcel *p);
/* Outside of a transaction: writes the counts if it is time, or `now`. What
 * the database refuses is written later, or found by the recount. */
void round_keep_write(struct round *r, bool now);

#endif
