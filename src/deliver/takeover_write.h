/* SPDX-License-Identifier: MIT */
/*
 * takeover_write: makes notifications of rows of `vh_outbox` that were checked,
 * claims their idempotency keys, and replaces or cancels scheduled
 * notifications.
 */
#ifndef HOOKS_TAKEOVER_WRITE_H
#define HOOKS_TAKEOVER_WRITE_H

#include <stddef.h>

#include "base/err.h"

struct store;
struct store_taken;
struct takeover_count;

/* At most TAKEOVER_PART rows, which are sorted by their keys, removed from the
 * outbox, and counted in `done`. A row whose idempotency key was used before
 * gets a reason. */
enum err takeover_write(struct store *s, struct store_taken *rows, size_t n,
			struct takeover_count *done);

#endif
