/* SPDX-License-Identifier: MIT */
/*
 * store_chore: whose turn it is to do what is done now and then (retention),
 * and how far it has come. One sender at a time does a chore: taking it moves
 * its time on, and should the taker die, that time comes.
 */
#ifndef HOOKS_STORE_CHORE_H
#define HOOKS_STORE_CHORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct store;

/* Takes it for `ms`. `mine` false: it is not its time, or another has it. */
enum err store_chore_take(struct store *s, const char *name, int64_t ms,
			  bool *mine, uint64_t *position);
/* Writes how far it has come; to be taken again after `ms`. */
enum err store_chore_write(struct store *s, const char *name, uint64_t position,
			   int64_t ms);

#endif
