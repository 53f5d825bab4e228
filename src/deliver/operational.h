/* SPDX-License-Identifier: MIT */
/*
 * operational: the actions that the service itself publishes. They are written
 * and fanned out in one go, inside the transaction that caused them, so they
 * are there exactly when their cause is.
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

/* hook.disabled, with the hook as its resource. Inside a transaction. */
enum err operational_hook_disabled(struct store *s, struct arena *arena,
				   const struct store_lane_hook *hook);

/*
 * delivery.failed, with the delivery as the API lists it, in two steps of one
 * transaction. Before the outcomes are recorded: keeps of the list what
 * somebody wants to hear of and what was not told already, by a COMMIT whose
 * answer was lost. After it: tells.
 */
enum err operational_failed_choose(struct store *s, struct store_failed *list,
				   size_t *n);
enum err operational_delivery_failed(struct store *s, struct arena *arena,
				     const struct store_failed *list, size_t n);

/* The same for what was held too long and has just failed, at most 256, in one
 * step; the list is used up. */
enum err operational_expired(struct store *s, struct store_failed *list,
			     size_t n);

#endif
