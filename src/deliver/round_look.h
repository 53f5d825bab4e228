/* SPDX-License-Identifier: MIT */
/*
 * round_look: chooses the lanes that a sender takes: lanes that are due, as
 * long as there is room, of organizations that do not have too much already.
 */
#ifndef HOOKS_ROUND_LOOK_H
#define HOOKS_ROUND_LOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct id;
struct round;

/* Whether more lanes may be taken. Rows handed out of other lanes do not
 * matter: those lanes may hang, and the next one may be healthy. */
bool round_look_has_room(const struct round *r);
/* Finds at most `max` lanes that are due; the next round takes them. These are
 * the lanes that have waited longest, unless other senders look for the same
 * ones: then some at random. */
enum err round_look(struct round *r, size_t max);

/* Finds the greedy organizations (round.h), after lanes or bodies changed. */
void round_look_find_greedy(struct round *r);
/* Whether this organization's bodies take up half of the memory. */
bool round_look_is_greedy(const struct round *r, const struct id *organization);

#endif
