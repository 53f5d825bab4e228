/*
 * draft: what a round does inside its transaction. The database layer may
 * run it again, so nothing is changed but the drafts of the lanes and what
 * the round holds for its own length.
 */
#ifndef HOOKS_DRAFT_H
#define HOOKS_DRAFT_H

#include "base/err.h"

struct db;
struct round;

/* The body for db_tx(); `round` is a struct round. */
enum err draft_run(struct db *db, void *round);

/* Frees the lanes that were taken but not committed. */
void draft_forget(struct round *r);

#endif
