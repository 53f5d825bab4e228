/* SPDX-License-Identifier: MIT */
/*
 * stats_range: which time a plot is about, and in which steps: ?since= and
 * ?step= of /v2/stats.
 */
#ifndef HOOKS_STATS_RANGE_H
#define HOOKS_STATS_RANGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct call;

enum {
	STATS_POINTS_USUAL = 300, /* the most that a step chosen here gives */
	STATS_POINTS_MAX = 1500	  /* the most that a request may ask for */
};

/* Steps begin at whole multiples of their length since 1970, UTC. */
struct stats_range {
	int64_t since; /* where the first step begins, milliseconds */
	int64_t step;  /* whole minutes; whole hours where minutes are gone */
	size_t points; /* up to the one that `now` is in */
};

/* ERR_INVALID with a 400 made. `now`: the database's. */
enum err stats_range_read(struct call *c, int64_t now, struct stats_range *out);

#endif
