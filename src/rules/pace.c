/* SPDX-License-Identifier: MIT */
/*
 * pace: powers of two.
 */
#include "rules/pace.h"

enum {
	INTERVAL_FIRST_MS = 100, /* with one at a time */
	SHIFT_MAX = 31
};

static unsigned at_most(unsigned n, unsigned max)
{
	return n < max ? n : max;
}

/* The number of halvings after which one is left. */
static unsigned halvings_to_one(size_t window)
{
	unsigned n = 0;

	while (window >>= 1)
		n++;
	return n;
}

size_t pace_window(size_t window, unsigned halvings)
{
	size_t left = window >> at_most(halvings, SHIFT_MAX);

	return left ? left : 1;
}

int64_t pace_interval(size_t window, unsigned halvings)
{
	unsigned first = halvings_to_one(window);
	int64_t ms;

	if (halvings <= first)
		return 0;
	ms = (int64_t)INTERVAL_FIRST_MS
	     << at_most(halvings - first - 1, SHIFT_MAX);
	return ms < PACE_INTERVAL_MAX_MS ? ms : PACE_INTERVAL_MAX_MS;
}

unsigned pace_press(size_t window, unsigned halvings)
{
	return pace_interval(window, halvings) < PACE_INTERVAL_MAX_MS
		       ? halvings + 1
		       : halvings;
}

unsigned pace_ease(unsigned halvings)
{
	return halvings ? halvings - 1 : 0;
}
