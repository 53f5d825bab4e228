/* SPDX-License-Identifier: MIT */
/*
 * store_webhook: the webhook-id of a delivery or a batch, and the way back.
 * Deliveries made by an earlier version keep the id that they were sent with:
 * their own, or one of their batch.
 */
#ifndef HOOKS_STORE_WEBHOOK_H
#define HOOKS_STORE_WEBHOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/id.h"
#include "rules/webhook_id.h"

struct store;

/* A delivery, or the first member of a batch. */
struct store_webhook {
	uint64_t key, notification, hook;
	int64_t created_at, published_at, hook_created_at;
	bool batch;
};

void store_webhook_id(const struct store *s, char out[WEBHOOK_ID_SIZE],
		      const struct store_webhook *w);

/* The `_id` of the delivery that `text` names: by its _id or its webhook-id, of
 * today or of an earlier version; with that of a batch, its first member. The
 * caller looks whether it exists, and whose it is. ERR_NOT_FOUND: none. */
enum err store_webhook_find(struct store *s, const char *text,
			    struct id *delivery);

#endif
