/* SPDX-License-Identifier: MIT */
/*
 * round_doubt: a round whose COMMIT got no answer. To repeat a round that was
 * done would record outcomes a second time, over later events; so the database
 * is asked which turn it has.
 */
#ifndef HOOKS_ROUND_DOUBT_H
#define HOOKS_ROUND_DOUBT_H

#include <stdbool.h>

#include "base/err.h"

struct round;

/* Keeps the round's drafts, and its parcels apart from those that come back
 * meanwhile. */
void round_doubt_begin(struct round *r);

/* `done`: the COMMIT was done. When no lane tells, because others have taken
 * them all, it counts as not done, and the fence decides. ERR_TEMP: also when
 * all lanes that could tell are locked. */
enum err round_doubt_ask(struct round *r, bool *done);

#endif
