/*
 * store_due: how much an organization has waiting: its pending deliveries,
 * those of disabled hooks left out ([api] max_due).
 */
#ifndef HOOKS_STORE_DUE_H
#define HOOKS_STORE_DUE_H

#include <stdint.h>

#include "err.h"
#include "id.h"

struct store;

/* Counts up to `max`, by ranges of indexes. */
enum err store_due_count(struct store *s, const struct id *organization,
			 uint64_t max, uint64_t *n);
/* The same of notifications that are not fanned out yet. */
enum err store_due_queued(struct store *s, const struct id *organization,
			  uint64_t max, uint64_t *n);

#endif
