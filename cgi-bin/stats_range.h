/* SPDX-License-Identifier: MIT */
/*
 * stats_range: the time and the steps of a plot: ?since= and ?step= of
 * /v2/stats.
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
	int64_t since; /* the beginning of the first step, milliseconds */
	int64_t step;  /* whole minutes; whole hours if minutes are gone */
	size_t points; /* up to the step that contains `now` */
};

/* ERR_INVALID with a 400 made. `now`: the database's. */
enum err stats_range_read(struct call *c, int64_t now, struct stats_range *out);

#endif
