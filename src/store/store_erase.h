/* SPDX-License-Identifier: MIT */
/*
 * store_erase: removing an organization with everything that belongs to it,
 * in steps that may be interrupted and started again. Called in this order:
 * shut, lanes until none is leased, rows until there are none, end.
 */
#ifndef HOOKS_STORE_ERASE_H
#define HOOKS_STORE_ERASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/id.h"

struct store;

struct store_erased {
	uint64_t keys, hooks, notifications, deliveries, attempts;
	uint64_t idempotency_keys;
};

/* Counts the organization's rows, without attempts. */
enum err store_erase_count(struct store *s, const struct id *org,
			   struct store_erased *out);

/* All calls below add to `done`. */

/* Removes its keys and deletes its hooks: nothing new comes in or goes out. */
enum err store_erase_shut(struct store *s, const struct id *org,
			  struct store_erased *done);
/* Removes the lanes that no living sender holds; a sender that comes late finds
 * its lease lost. `leased`: how many are left. */
enum err store_erase_lanes(struct store *s, const struct id *org,
			   uint64_t *leased);
/* Removes some deliveries with their attempts, or notifications, or keys, or
 * counts for plots. */
enum err store_erase_rows(struct store *s, const struct id *org,
			  struct store_erased *done, bool *more);
/* Removes the hooks with their secrets, and the organization itself. */
enum err store_erase_end(struct store *s, const struct id *org,
			 struct store_erased *done);

#endif
