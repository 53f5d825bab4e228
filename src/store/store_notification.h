/* SPDX-License-Identifier: MIT */
/*
 * store_notification: reading notifications and their state, including those
 * that matched no hook or were rejected. Newest first; they are written by
 * store_publish, store_outbox and store_fanout.
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
	bool waits; /* in the outbox: it has no key and no id yet */
	uint64_t key;
	struct id id;
	struct id organization;
	const char *action;
	const char *user;    /* NULL: none */
	const char *state;   /* store_notification_state() */
	const char *reason;  /* why it was rejected, else NULL */
	bool erased;	     /* its user, resource and replace_key are gone */
	int64_t created_at;  /* when it was accepted */
	int64_t occurred_at; /* when it happened */
	int64_t deliver_at, expires_at; /* TIME_NONE: not given */
	const char *replace_key;	/* NULL: none */
	const char *resource;		/* NULL in lists */
	size_t resource_len;
};

/* Lists of past rows are in the order in which the service made them; rows that
 * were accepted earlier, and waited in the outbox, stand among them. So `since`
 * and `until` compare the time of making, and not created_at. */

/* ERR_NOT_FOUND: not in this organization. */
enum err store_notification_get(struct store *s, struct arena *arena,
				const struct id *organization,
				const struct id *id,
				struct store_notification *out);
/* *arena*. A page may have fewer entries than its limit although the list goes
 * on: only a limited number of rows is looked at (store_walk.h). */
enum err store_notification_list(struct store *s, struct arena *arena,
				 const struct id *organization,
				 const struct store_filter *filter,
				 struct store_notification **list,
				 size_t *count, struct store_more *more);

/* The rows that stand above a page without `after`: those of the newest rows in
 * the outbox, at most `max`, that the filter wants; *arena*. */
enum err store_notification_waiting(struct store *s, struct arena *arena,
				    const struct id *organization,
				    const struct store_filter *filter,
				    size_t max,
				    struct store_notification **list,
				    size_t *count);

/* The next `max` after this key, oldest first, with resources; *arena*. */
enum err store_notification_next(struct store *s, struct arena *arena,
				 const struct id *organization, uint64_t after,
				 size_t max, struct store_notification **list,
				 size_t *count);

/* Whether there is such a state. */
bool store_notification_state(const char *state);

#endif
