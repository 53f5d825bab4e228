/* SPDX-License-Identifier: MIT */
/*
 * action: the catalogue of actions, and what a hook may name.
 *
 * What users publish is matched by name or by a wildcard ("event.*", "*").
 * Operational actions, which the service raises itself, and ping match by
 * their exact name only (contract 2, "Actions"). Which hook gets what is
 * decided by the statement of the fan-out (store_fanout.c).
 */
#ifndef HOOKS_ACTION_H
#define HOOKS_ACTION_H

#include <stdbool.h>
#include <stddef.h>

struct action {
	const char *name;
	const char *description; /* a sentence for GET /v2/actions */
	bool operational;	 /* raised by the service, never published */
	bool hookable;		 /* a hook may name it */
};

/* The longest name, in bytes: what a column or a label must hold. */
enum { ACTION_NAME_MAX = 32 };

#define ACTION_HOOK_DISABLED "hook.disabled"
#define ACTION_DELIVERY_FAILED "delivery.failed"
#define ACTION_PING "ping"

/* All of them, wildcards not included; borrowed, never freed. */
const struct action *action_catalogue(size_t *n);

/* May be published by a user: in the catalogue and not operational. */
bool action_published(const char *action);
/* Raised by the service: its own deliveries never raise another. */
bool action_operational(const char *action);

/*
 * May stand in a hook: the catalogue without ping, or a wildcard. A ping is
 * always made for the one hook that was asked for it, so that a hook of
 * action ping would never get anything.
 */
bool action_hookable(const char *action);

#endif
