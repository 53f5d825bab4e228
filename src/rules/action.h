/* SPDX-License-Identifier: MIT */
/*
 * action: the catalogue of actions, and what a hook may name.
 *
 * Actions of users match by name or by a wildcard ("event.*", "*").
 * Operational actions, which the service publishes itself, and ping match by
 * their exact name only. Which hook gets which notification is decided in
 * match.h.
 */
#ifndef HOOKS_ACTION_H
#define HOOKS_ACTION_H

#include <stdbool.h>
#include <stddef.h>

struct action {
	const char *name;
	const char *description; /* a sentence for GET /v2/actions */
	bool operational;	 /* published by the service only */
	bool hookable;		 /* a hook may name it */
};

/* The longest name, in bytes, for which a column or a label must have room. */
enum { ACTION_NAME_MAX = 32 };

#define ACTION_HOOK_DISABLED "hook.disabled"
#define ACTION_DELIVERY_FAILED "delivery.failed"
#define ACTION_PING "ping"

/* All actions without the wildcards; borrowed, never freed. */
const struct action *action_catalogue(size_t *n);

/* Whether a user may publish it: in the catalogue and not operational. */
bool action_published(const char *action);
/* Whether the service publishes it: its own deliveries never cause another. */
bool action_operational(const char *action);

/*
 * Whether a hook may name it: the catalogue without ping, and the wildcards. A
 * ping is always made for the one hook that was asked for it, so a hook with
 * the action ping would never get anything.
 */
bool action_hookable(const char *action);

#endif
