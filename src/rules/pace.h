/* SPDX-License-Identifier: MIT */
/*
 * pace: how fast a hook's requests go while its receiver answers that it is
 * overloaded. Each halving makes it half as many at a time, and, once that is
 * one, half as often. Pure: the caller keeps the count of halvings.
 */
#ifndef HOOKS_PACE_H
#define HOOKS_PACE_H

#include <stddef.h>
#include <stdint.h>

/* The longest time from one request to the next, ms. */
enum { PACE_INTERVAL_MAX_MS = 10000 };

/* How many at a time, of `window` (1 or more) without halvings; at least 1. */
size_t pace_window(size_t window, unsigned halvings);
/* From the start of one request to the start of the next, ms; 0: none. */
int64_t pace_interval(size_t window, unsigned halvings);

/* One more halving, unless it is as slow as it may be. */
unsigned pace_press(size_t window, unsigned halvings);
/* One less, after a success. */
unsigned pace_ease(unsigned halvings);

#endif
