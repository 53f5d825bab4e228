/* SPDX-License-Identifier: MIT */
/*
 * round_tx: the part of a round inside its transaction. The database layer may
 * run it again, so it changes only the drafts of the lanes and the fields of
 * the current round.
 */
#ifndef HOOKS_ROUND_TX_H
#define HOOKS_ROUND_TX_H

#include <stdbool.h>

#include "base/err.h"

struct db;
struct lane;
struct round;
struct store_lane_hook;
struct store_lane_taken;

/* The body for db_tx(); `round` is a struct round. */
enum err round_tx_run(struct db *db, void *round);

/* round.c: whether the lane has a reason for a round other than what came
 * back. */
bool round_needs(const struct round *r, const struct lane *l);
/* round.c: one round of `back`, and of the lanes that are touched and due. */
enum err round_try(struct round *r);

/* Frees the lanes that were taken but not committed. */
void round_tx_forget(struct round *r);

/* ---- its larger steps, in files of their own ---- */

/* round_record.c: records the parcels that came back, and updates the health of
 * their lanes. */
enum err round_record(struct round *r);
/*
 * round_record.c: a part of the round that may fail alone: the outcomes are
 * known, and have to be recorded although the database may refuse their news.
 * Refused news are reported and lost.
 */
enum err round_tell(struct round *r, enum err (*part)(struct db *, void *),
		    void *arg);
/* round_record.c: disables the lane's hook, if there is a reason. */
enum err round_disable(struct round *r, struct lane *l);
/* round_clock.c: sets times right that were written in the future, and ends
 * waits that are too long. */
enum err round_clock_heed(struct round *r, struct lane *l);
/* round_clock.c: the part of it that concerns the lane's deliveries. */
enum err round_clock_mend(struct round *r, struct lane *l);
/* round_held.c: tells of deliveries that a take has held; `hooks` of its
 * lanes. */
enum err round_held(struct round *r, const struct store_lane_taken *taken,
		    const struct store_lane_hook *hooks);
/* round_read.c: reads and plans as much of the lane as may go out now. */
enum err round_read(struct round *r, struct lane *l);

#endif
