/* SPDX-License-Identifier: MIT */
/*
 * store_counter: counters of the whole installation that only grow, for GET
 * /metrics. Many processes add to them the counts they gathered in memory.
 */
#ifndef HOOKS_STORE_COUNTER_H
#define HOOKS_STORE_COUNTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct arena;
struct store;

struct store_counter {
	const char *family; /* up to 32 bytes */
	const char *label;  /* up to 128 */
	uint64_t value;
};

/* Adds to each counter; processes that add to the same counters name them in
 * the same order, so that they do not deadlock. */
enum err store_counter_add(struct store *s, const struct store_counter *list,
			   size_t n);
/* All counters, by family and label; *arena*. */
enum err store_counter_read(struct store *s, struct arena *arena,
			    struct store_counter **list, size_t *n);

#endif
