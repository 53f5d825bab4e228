/* SPDX-License-Identifier: MIT */
/*
 * headroom: the room that an organization still has below a limit, by the last
 * count. The more it has stored, the more a count costs, so a count is kept for
 * some seconds, and each process uses up only a part of the room it found
 * before it counts again: so many processes at once stay below the limit.
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
		uint64_t room; /* when it was counted */
		int64_t added; /* since then, as far as this process knows */
		int64_t at;    /* 0: empty */
	} kept[HEADROOM_KEPT];
	size_t next;
};

struct headroom_rule {
	uint64_t part;	 /* one count allows 1/part of the room to be used */
	int64_t full_ms; /* how long a count without room is believed */
};

/* Whether the last count still answers: `want` fits, or there is no room.
 * *room is then the rest of it. `now`: monotonic milliseconds, not 0. */
bool headroom_tells(const struct headroom *q, const struct id *organization,
		    const struct headroom_rule *rule, uint64_t want,
		    int64_t now, uint64_t *room);
/* Keeps a new count: `room` more fit. */
void headroom_keep(struct headroom *q, const struct id *organization,
		   uint64_t room, int64_t now);
/* `n` more were added; negative: removed. */
void headroom_added(struct headroom *q, const struct id *organization,
		    int64_t n);

#endif
