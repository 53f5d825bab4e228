/* SPDX-License-Identifier: MIT */
/*
 * store_blocker: other clients' transactions that have been open for long: they
 * may hold the locks that a sender waits for.
 */
#ifndef HOOKS_STORE_BLOCKER_H
#define HOOKS_STORE_BLOCKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct store;

enum { STORE_BLOCKER_SIZE = 320 };

/* The oldest transaction that holds locks, as part of a sentence: its user and
 * its age, or how to find it where we have no right to see it. It need not be
 * the one that is in the way. */
void store_blocker_find(struct store *s, char out[STORE_BLOCKER_SIZE]);

/* Writes a line for each transaction with locks that has been open for so many
 * seconds or more, at most `max`. `seen`: whether our account may see them. */
enum err store_blocker_list(struct store *s, int64_t seconds,
			    char (*lines)[STORE_BLOCKER_SIZE], size_t max,
			    size_t *n, bool *seen);

#endif
