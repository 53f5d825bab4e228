/* SPDX-License-Identifier: MIT */
/*
 * round_look: which lanes a sender takes: those that are due, as long as there
 * is room, and of no organization that has too much already.
 */
#ifndef HOOKS_ROUND_LOOK_H
#define HOOKS_ROUND_LOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct id;
struct round;

/* Whether more lanes may be taken. What is out of others has no say: it may
 * be hanging, and the next lane healthy. */
bool round_look_has_room(const struct round *r);
/* Finds lanes that are due, at most `max`; the next round takes them. Those
 * that have waited longest, unless others look for the same: then some at
 * random. */
enum err round_look(struct round *r, size_t max);

/* Judges anew who is greedy (round.h), after lanes or bodies have changed. */
void round_look_find_greedy(struct round *r);
/* Whether this organization's bodies take up half of the memory. */
bool round_look_is_greedy(const struct round *r, const struct id *organization);

#endif
