/* SPDX-License-Identifier: MIT */
/*
 * allowance: how many bytes of its receivers' answers an organization may keep
 * in a second. What is kept goes to the database, and all organizations wait
 * for what one of them writes there.
 */
#ifndef HOOKS_ALLOWANCE_H
#define HOOKS_ALLOWANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/id.h"

enum { ALLOWANCE_ROWS = 128, ALLOWANCE_MS = 1000 };

/* The bytes kept in the current second. Zeroed it is empty. */
struct allowance {
	struct {
		struct id organization;
		uint64_t bytes;
	} row[ALLOWANCE_ROWS];
	size_t count;
	int64_t since; /* monotonic, in ms */
};

/*
 * Whether the organization may keep `bytes` more. It may while it has kept less
 * than `limit` in this second: the last ones may go over it, so that an answer
 * larger than the limit is kept, too. Organizations for which there is no row
 * share the last one. `now`: monotonic milliseconds.
 */
bool allowance_take(struct allowance *a, const struct id *organization,
		    uint64_t bytes, uint64_t limit, int64_t now);

#endif
