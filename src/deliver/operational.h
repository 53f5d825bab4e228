/* SPDX-License-Identifier: MIT */
/*
 * operational: notifications that the service itself publishes. They are
 * written and fanned out in one step, inside the transaction that caused them,
 * so they exist exactly when their cause does.
 */
#ifndef HOOKS_OPERATIONAL_H
#define HOOKS_OPERATIONAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/id.h"

struct arena;
struct store;
struct store_failed;
struct store_lane_hook;

/* Publishes hook.disabled, with the hook as its resource. Inside a
 * transaction. */
enum err operational_hook_disabled(struct store *s, struct arena *arena,
				   const struct store_lane_hook *hook);

/*
 * Publishes delivery.failed, with the delivery as the API lists it, its last
 * status and error, and its target's host, in two steps of one transaction.
 * Before the outcomes are recorded, the first step keeps in the list only
 * deliveries that a hook asks for and that were not published already, by a
 * COMMIT whose answer was lost. Afterwards the second publishes.
 */
enum err operational_failed_choose(struct store *s, struct store_failed *list,
				   size_t *n);
enum err operational_delivery_failed(struct store *s, struct arena *arena,
				     const struct store_failed *list, size_t n);

/* The same in one step for deliveries that ended without an attempt: they were
 * held too long and have just failed, or they are held from now on. At most
 * 256; the list is used up. */
enum err operational_ended(struct store *s, struct store_failed *list,
			   size_t n);

#endif
