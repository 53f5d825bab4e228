/* SPDX-License-Identifier: MIT */
/*
 * store_erase: removing an organization with everything that belongs to it,
 * in steps that may be interrupted and begun again. Called in this order:
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

/* What there is; attempts are not counted. */
enum err store_erase_count(struct store *s, const struct id *org,
			   struct store_erased *out);

/* All calls below add to `done`. */

/* Its keys are gone and its hooks deleted: nothing new comes in or goes out.
 */
enum err store_erase_shut(struct store *s, const struct id *org,
			  struct store_erased *done);
/* Removes the lanes that no living sender holds: whoever comes late finds its
 * lease lost. `leased`: how many are left. */
enum err store_erase_lanes(struct store *s, const struct id *org,
			   uint64_t *leased);
/* Some deliveries with their attempts, or notifications, or keys, or counts for
 * plots. */
enum err store_erase_rows(struct store *s, const struct id *org,
			  struct store_erased *done, bool *more);
/* The hooks with their secrets, and the organization itself. */
enum err store_erase_end(struct store *s, const struct id *org,
			 struct store_erased *done);

#endif
