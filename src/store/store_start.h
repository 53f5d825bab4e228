/* SPDX-License-Identifier: MIT */
/*
 * store_start: senders that requests start: when the last one was, whether it
 * has reported, who may start the next one.
 */
#ifndef HOOKS_STORE_START_H
#define HOOKS_STORE_START_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct store;

/* The shortest time between two starts. */
#define STORE_START_MS INT64_C(10000)

struct store_start {
	int64_t now;
	int64_t at;	/* of the last start; TIME_NONE: none yet */
	uint64_t lost;	/* starts before it, in a row, of which none reported */
	bool answered;	/* a sender has reported since the last one */
	bool alive;	/* another machine's sender is at work */
	bool elsewhere; /* within a day cron has started senders of other
			   places, and none of this one */
};

/* `host` and `place`: of the sender that would be started, lock_look(). */
enum err store_start_read(struct store *s, const char *host, const char *place,
			  struct store_start *out);

/* Until when a start must wait, in ms from then; 0: it need not. `patient`: for
 * longer after starts of which none has reported, so that a host which forbids
 * them has little to do. */
int64_t store_start_wait(const struct store_start *st, bool patient);

/* Whether the last start has failed, as far as can be known: no sender has
 * reported in half a minute, or after the start before it either. */
bool store_start_is_lost(const struct store_start *st);

/* Notes a start, if nobody else has since `st` was read: of all who ask at once
 * one gets `may`. */
enum err store_start_claim(struct store *s, const struct store_start *st,
			   bool *may);

#endif
