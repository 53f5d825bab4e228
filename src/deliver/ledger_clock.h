/* SPDX-License-Identifier: MIT */
/*
 * ledger_clock: notices that the database's clock was set back.
 */
#ifndef HOOKS_LEDGER_CLOCK_H
#define HOOKS_LEDGER_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct store;

/* Begins as all zeros. */
struct ledger_clock {
	bool known;
	int64_t ahead; /* of our monotonic clock, at least; ms */
	int64_t next;  /* monotonic: the next comparison */
};

/* After a question that was asked at `before`, monotonic, and that put the
 * database's time into s->now. It is compared once a second; when the clock
 * went back by more than a second, lanes that would wait for the old time are
 * read again. */
enum err ledger_clock_watch(struct ledger_clock *c, struct store *s,
			    int64_t before);

#endif
