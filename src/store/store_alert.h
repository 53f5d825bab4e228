/* SPDX-License-Identifier: MIT */
/*
 * store_alert: what an operator is to be told by mail. Written in the
 * transaction of what caused it; a mail that could not be sent is made up for
 * by the next.
 */
#ifndef HOOKS_STORE_ALERT_H
#define HOOKS_STORE_ALERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/id.h"

struct arena;
struct store;

struct store_alert {
	uint64_t hook;
	bool disabled;	    /* the hook was; else deliveries failed: */
	uint64_t count;	    /* so many */
	const char *reason; /* borrowed when written, *arena* when read */
	/* Only when read: */
	struct id hook_id, organization;
	const char *target_url; /* *arena*; NULL: the hook is gone */
	int64_t first_at, last_at;
};

/* `now` is the database's time. */
enum err store_alert_add(struct store *s, const struct store_alert *list,
			 size_t n, int64_t now);
/* The oldest, at most `max`; *arena*. */
enum err store_alert_list(struct store *s, struct arena *arena, size_t max,
			  struct store_alert **list, size_t *count);
/* They were told; what came since stays. */
enum err store_alert_done(struct store *s, const struct store_alert *list,
			  size_t n);

#endif
