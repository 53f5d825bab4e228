/* SPDX-License-Identifier: MIT */
/*
 * store_notification: reading what was published and what became of it, also
 * what matched no hook or was rejected. Newest first; written elsewhere
 * (store_publish, store_fanout).
 */
#ifndef HOOKS_STORE_NOTIFICATION_H
#define HOOKS_STORE_NOTIFICATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/id.h"
#include "store/store_walk.h"

struct arena;
struct store;

/* Texts are *arena*, and as the application wrote them. */
struct store_notification {
	uint64_t key;
	struct id id;
	struct id organization;
	const char *action;
	const char *user;   /* NULL: none */
	const char *state;  /* queued, fanned_out, unmatched, rejected */
	const char *reason; /* of a rejected one; else NULL */
	int64_t created_at;
	const char *resource; /* NULL in lists */
	size_t resource_len;
};

/* ERR_NOT_FOUND: not in this organization. */
enum err store_notification_get(struct store *s, struct arena *arena,
				const struct id *organization,
				const struct id *id,
				struct store_notification *out);
/* *arena*. A page may have fewer entries than its limit, and others behind it
 * all the same: only so many rows are looked at (store_walk.h). */
enum err store_notification_list(struct store *s, struct arena *arena,
				 const struct id *organization,
				 const struct store_filter *filter,
				 struct store_notification **list,
				 size_t *count, struct store_more *more);

/* The `max` behind this key, oldest first, with their resources; *arena*. */
enum err store_notification_next(struct store *s, struct arena *arena,
				 const struct id *organization, uint64_t after,
				 size_t max, struct store_notification **list,
				 size_t *count);

/* Whether there is such a state. */
bool store_notification_state(const char *state);

#endif
