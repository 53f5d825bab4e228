/* SPDX-License-Identifier: MIT */
/*
 * clock: this machine's two clocks. The wall clock dates signatures and log
 * lines, the monotonic one measures waits. Times that are stored come from
 * the database, never from here.
 */
#ifndef HOOKS_CLOCK_H
#define HOOKS_CLOCK_H

#include <stdint.h>

/* Milliseconds since 1970, UTC. */
int64_t clock_wall(void);
/* Milliseconds since an unspecified start; never goes back. */
int64_t clock_monotonic(void);
/* Sleeps at most `ms` milliseconds; a signal ends it early. */
void clock_sleep(int64_t ms);

#endif
