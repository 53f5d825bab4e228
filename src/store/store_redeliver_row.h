/* SPDX-License-Identifier: MIT */
/*
 * store_redeliver_row: the deliveries to be sent again, in groups that stay
 * together. Part of store_redeliver.
 */
#ifndef HOOKS_STORE_REDELIVER_ROW_H
#define HOOKS_STORE_REDELIVER_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct store;

struct store_redeliver_row {
	uint64_t group, key; /* the group is its batch, or the row itself */
	bool batched;
	bool wanted; /* false: it goes only along with a wanted one */
};

struct store_redeliver_rows {
	struct store_redeliver_row *row; /* to be freed with free() */
	size_t count, room;
	size_t wanted, batched; /* numbers; rows found twice count twice */
};

/* `batch`: 0 for none. */
void store_redeliver_row_add(struct store_redeliver_rows *rows, uint64_t key,
			     uint64_t batch, bool wanted);
/* Adds members of batches of the hook from around the keys `first` to `last`:
 * they were made shortly after each other, but other rows may lie between. */
enum err store_redeliver_row_members(struct store *s, uint64_t hook,
				     uint64_t first, uint64_t last,
				     struct store_redeliver_rows *rows);
/* Sorts them by group and key, removes duplicates, and drops the groups without
 * a wanted row. */
void store_redeliver_row_settle(struct store_redeliver_rows *rows);

#endif
