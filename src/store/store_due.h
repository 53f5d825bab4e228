/* SPDX-License-Identifier: MIT */
/*
 * store_due: the number of an organization's waiting deliveries, and whether
 * more fit ([api] max_due). Counted are pending deliveries, except those of
 * disabled hooks, and notifications that are not fanned out yet.
 *
 * A count is kept for some seconds (headroom.h). A publisher uses up a
 * sixteenth of the room it leaves and then counts again, so that many
 * publishers at once stay below the limit; the take-over of notifications
 * published with SQL, which others wait for while it counts, uses up all of it.
 */
#ifndef HOOKS_STORE_DUE_H
#define HOOKS_STORE_DUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/id.h"

struct arena;
struct store;

enum store_due_who { STORE_DUE_PUBLISHER, STORE_DUE_TAKEOVER };

/* How many more deliveries the organization may have waiting; no new count is
 * made when the last one says that `want` fit. */
enum err store_due_room(struct store *s, const struct id *organization,
			enum store_due_who who, uint64_t want, uint64_t *room);
/* The same with a new count, without queued notifications. */
enum err store_due_count(struct store *s, const struct id *organization,
			 uint64_t *room);
/* Adds `n` new notifications or deliveries to the kept counts. */
void store_due_added(struct store *s, const struct id *organization,
		     uint64_t n);
/* Replaces, in the kept counts, these notifications by their deliveries. */
void store_due_spread(struct store *s, const struct id *organization,
		      uint64_t notifications, uint64_t deliveries);

struct store_due_most {
	struct id organization;
	uint64_t waiting;   /* pending deliveries of hooks that are enabled */
	uint64_t scheduled; /* notifications whose time has come */
};

/* The organizations that have the most waiting, most first; *arena*. Notifi-
 * cations that are not fanned out yet are not among it. */
enum err store_due_most(struct store *s, struct arena *arena, size_t max,
			struct store_due_most **list, size_t *count);

/* The number of all pending deliveries, those of disabled hooks included. */
enum err store_due_pending(struct store *s, uint64_t *count);

#endif
