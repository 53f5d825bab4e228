/* SPDX-License-Identifier: MIT */
/*
 * store_forget_delivery: the deliveries of notifications, or of a hook, that
 * are about a user who is erased. Part of store_forget.
 */
#ifndef HOOKS_STORE_FORGET_DELIVERY_H
#define HOOKS_STORE_FORGET_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct store;
struct store_forgotten;

/*
 * Each call is one step: it cancels some deliveries that are still to be made,
 * removes the answers to those that were tried, and ends the batches that any
 * of them is in: their other members go alone. `more`: call again.
 */

/* Of these notifications, 1 to DB_LIST_MAX. */
enum err store_forget_deliveries(struct store *s, const uint64_t *notifications,
				 size_t n, struct store_forgotten *done,
				 bool *more);
/* Of a deleted hook, after the key `place`, which is 0 at first; and the
 * payloads of its pings. */
enum err store_forget_of_hook(struct store *s, uint64_t hook, uint64_t *place,
			      struct store_forgotten *done, bool *more);

#endif
