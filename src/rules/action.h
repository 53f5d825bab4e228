/* SPDX-License-Identifier: MIT */
/*
 * action: the form of an action's name, and the operational actions.
 *
 * Which actions may be published is a matter of the catalogue (store_action.h).
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
	bool hookable;		 /* a hook may name it */
};

enum {
	ACTION_NAME_MAX = 64, /* bytes of a name or a wildcard */
	ACTION_WHY_SIZE = 160
};

#define ACTION_HOOK_DISABLED "hook.disabled"
#define ACTION_DELIVERY_FAILED "delivery.failed"
#define ACTION_PING "ping"

/* The actions that the service publishes itself; borrowed, never freed. */
const struct action *action_operationals(size_t *n);

/* Whether the service publishes it: its own deliveries never cause another. */
bool action_operational(const char *action);

/* Whether it has the form of a name: 1 to ACTION_NAME_MAX bytes, labels of
 * A-Z a-z 0-9 _ - joined by dots; the first one is not kept for the service
 * ("hook", "delivery", "ping"). NULL, or a sentence without the field's name
 * in front (borrowed, never freed). */
const char *action_name_check(const char *name);

/* Whether it has the form of a wildcard: "*", or a name and ".*". */
bool action_wildcard(const char *name);

/* Whether a hook may name it in some catalogue: a name, a wildcard, or one of
 * the next. */
bool action_hookable(const char *name);
/* Whether a hook may name it, whatever the catalogue has: an operational action
 * other than ping, or "*". A ping is always made for the one hook that was
 * asked for it, so a hook with that action would never get anything. */
bool action_always_hookable(const char *name);

#endif
