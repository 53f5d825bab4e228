/* SPDX-License-Identifier: MIT */
/*
 * headroom: what an organization may still add below a limit, as it was last
 * counted. Counting costs the more the more there is, so a count is kept for
 * some seconds, and each process uses up a part of the room it found before
 * it counts again: so many processes at once stay below the limit.
 */
#ifndef HOOKS_HEADROOM_H
#define HOOKS_HEADROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/id.h"

enum { HEADROOM_KEPT = 64 };

/* The last counts; zeroed it has none. */
struct headroom {
	struct {
		struct id organization;
		uint64_t room;	/* when it was counted */
		uint64_t added; /* since then, as far as is known here */
		int64_t at;	/* 0: empty */
	} kept[HEADROOM_KEPT];
	size_t next;
};

struct headroom_rule {
	uint64_t part;	 /* of the room may be used up on one count: 1/part */
	int64_t full_ms; /* for so long "there is no room" is believed */
};

/* Whether the last count still tells: that `want` fit, or that nothing does.
 * *room is then what is left of it. `now`: monotonic milliseconds, not 0. */
bool headroom_tells(const struct headroom *q, const struct id *organization,
		    const struct headroom_rule *rule, uint64_t want,
		    int64_t now, uint64_t *room);
/* It was counted: so many fit. */
void headroom_keep(struct headroom *q, const struct id *organization,
		   uint64_t room, int64_t now);
/* So many were added. */
void headroom_added(struct headroom *q, const struct id *organization,
		    uint64_t n);

#endif
