/* SPDX-License-Identifier: MIT */
/*
 * bytes: counts the bytes that were stored and removed for each organization,
 * until they are written to the database.
 */
#ifndef HOOKS_BYTES_H
#define HOOKS_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/id.h"

enum { BYTES_ROWS = 128 };

struct bytes_row {
	struct id organization;
	int64_t payloads, answers; /* < 0: more were removed than stored */
};

/* Zeroed it is empty. */
struct bytes {
	struct bytes_row row[BYTES_ROWS];
	size_t count;
};

/* False: there is no room for another organization, and nothing was added. */
bool bytes_add(struct bytes *b, const struct id *organization, int64_t payloads,
	       int64_t answers);
/* The bytes added for the organization, of both kinds. */
int64_t bytes_of(const struct bytes *b, const struct id *organization);

#endif
