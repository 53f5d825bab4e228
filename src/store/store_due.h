/* SPDX-License-Identifier: MIT */
/*
 * store_due: how much an organization has waiting, and whether more fits
 * ([api] max_due): its pending deliveries, those of disabled hooks left out,
 * and, for who publishes, its notifications that are not fanned out yet.
 *
 * A count is kept for some seconds (headroom.h). Who publishes one by one uses
 * up a sixteenth of what it leaves and counts again, so that many who publish
 * at once stay below the limit; the fan-out, whose neighbours wait while it
 * counts, uses up all of it.
 */
#ifndef HOOKS_STORE_DUE_H
#define HOOKS_STORE_DUE_H

#include <stdint.h>

#include "base/err.h"
#include "rules/id.h"

struct store;

enum store_due_who {
	STORE_DUE_PUBLISHER, /* what is queued counts, too */
	STORE_DUE_FANOUT
};

/* How many deliveries more the organization may have waiting; not a fresh
 * count when the last one says that `want` fit. */
enum err store_due_room(struct store *s, const struct id *organization,
			enum store_due_who who, uint64_t want, uint64_t *room);
/* The same, counted now, what is queued left out. */
enum err store_due_count(struct store *s, const struct id *organization,
			 uint64_t *room);
/* So many were added: what is kept is that much older. */
void store_due_added(struct store *s, const struct id *organization,
		     uint64_t n);

#endif
