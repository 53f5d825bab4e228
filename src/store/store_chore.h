/* SPDX-License-Identifier: MIT */
/*
 * store_chore: tasks that are done now and then (retention): who does one next,
 * and how far it has come. One sender at a time does a chore: taking it moves
 * its time on, and if the taker dies, that time arrives.
 */
#ifndef HOOKS_STORE_CHORE_H
#define HOOKS_STORE_CHORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct store;

/* Whether any of these, 1 to DB_LIST_MAX, is due, or was never taken. */
enum err store_chore_due(struct store *s, const char *const *names, size_t n,
			 bool *due);

/* Takes the chore for `ms`. `mine` false: it is not due, or another sender has
 * it. */
enum err store_chore_take(struct store *s, const char *name, int64_t ms,
			  bool *mine, uint64_t *position);
/* Writes how far the chore has come; it may be taken again after `ms`. */
enum err store_chore_write(struct store *s, const char *name, uint64_t position,
			   int64_t ms);

#endif
