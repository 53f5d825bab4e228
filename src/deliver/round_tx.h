/* SPDX-License-Identifier: MIT */
/*
 * round_tx: what a round does inside its transaction. The database layer may
 * run it again, so nothing is changed but the drafts of the lanes and what
 * the round holds for its own length.
 */
#ifndef HOOKS_ROUND_TX_H
#define HOOKS_ROUND_TX_H

#include "base/err.h"

struct db;
struct lane;
struct round;

/* The body for db_tx(); `round` is a struct round. */
enum err round_tx_run(struct db *db, void *round);

/* Frees the lanes that were taken but not committed. */
void round_tx_forget(struct round *r);

/* ---- the larger steps of it, in files of their own ---- */

/* round_record.c: records what came back, and lets the lanes learn from it. */
enum err round_record(struct round *r);
/* round_record.c: switches the lane's hook off, when there is reason to. */
enum err round_disable(struct round *r, struct lane *l);
/* round_read.c: reads and plans as much of the lane as may go out now. */
enum err round_read(struct round *r, struct lane *l);

#endif
