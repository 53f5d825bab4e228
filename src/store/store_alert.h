/* SPDX-License-Identifier: MIT */
/*
 * store_alert: events that an operator is told of by mail. They are written in
 * the transaction of their cause; events of a mail that could not be sent are
 * in the next one.
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

enum store_alert_kind {
	STORE_ALERT_DISABLED, /* the service disabled the hook */
	STORE_ALERT_FAILED,   /* deliveries failed */
	STORE_ALERT_HELD,     /* deliveries are held */
	STORE_ALERT_MAX
};

struct store_alert {
	uint64_t hook;
	enum store_alert_kind kind;
	uint64_t count;	    /* how many deliveries, or how often */
	const char *reason; /* borrowed when written, *arena* when read */
	/* Set only when read: */
	struct id hook_id, organization;
	const char *target_url; /* *arena*; NULL: the hook is gone */
	int64_t first_at, last_at;
};

/* `now` is the database's time. */
enum err store_alert_add(struct store *s, const struct store_alert *list,
			 size_t n, int64_t now);
/* Whether there are any, and this chore (store_chore.h) is due. */
enum err store_alert_due(struct store *s, const char *chore, bool *due);
/* The oldest `max` alerts; *arena*. */
enum err store_alert_list(struct store *s, struct arena *arena, size_t max,
			  struct store_alert **list, size_t *count);
/* Removes alerts that were mailed; those that were added since stay. */
enum err store_alert_done(struct store *s, const struct store_alert *list,
			  size_t n);

#endif
