/* SPDX-License-Identifier: MIT */
/*
 * store_redeliver_row: which deliveries go again, in groups that go together.
 * Part of store_redeliver.
 */
#ifndef HOOKS_STORE_REDELIVER_ROW_H
#define HOOKS_STORE_REDELIVER_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct store;

struct store_redeliver_row {
	uint64_t group, key; /* the group is its batch, or itself */
	bool batched;
	bool wanted; /* false: only if another of its group is */
};

struct store_redeliver_rows {
	struct store_redeliver_row *row; /* to be freed with free() */
	size_t count, room;
	size_t wanted, batched; /* of them, also those found twice */
};

/* `batch`: 0 for none. */
void store_redeliver_add(struct store_redeliver_rows *rows, uint64_t key,
			 uint64_t batch, bool wanted);
/* Adds members of batches of the hook from around the keys `first` to `last`:
 * they were made shortly after each other, though others lie between them. */
enum err store_redeliver_members(struct store *s, uint64_t hook, uint64_t first,
				 uint64_t last,
				 struct store_redeliver_rows *rows);
/* Orders them by group and key, once each, and drops the groups of which
 * none is wanted. */
void store_redeliver_settle(struct store_redeliver_rows *rows);

#endif
