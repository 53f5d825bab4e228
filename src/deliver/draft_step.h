/*
 * draft_step: the larger steps of a round's transaction, in files of their
 * own. Part of draft; see there for what they may change.
 */
#ifndef HOOKS_DRAFT_STEP_H
#define HOOKS_DRAFT_STEP_H

#include "base/err.h"

struct lane;
struct round;

/* Records what came back, and lets the lanes learn from it. */
enum err draft_record(struct round *r);
/* Switches the lane's hook off, when there is reason to. */
enum err draft_disable(struct round *r, struct lane *l);
/* Reads and plans as much of the lane as may go out now. */
enum err draft_read(struct round *r, struct lane *l);

#endif
