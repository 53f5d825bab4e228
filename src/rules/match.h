/*
 * match: the catalogue of actions, and what a hook may name.
 *
 * What users publish is matched by name or by a wildcard ("event.*", "*").
 * Operational actions, which the service raises itself, and ping match by
 * their exact name only (contract 2, "Actions"). Which hook gets what is
 * decided by the statement of the fan-out (store_fanout.c).
 */
#ifndef HOOKS_MATCH_H
#define HOOKS_MATCH_H

#include <stdbool.h>
#include <stddef.h>

struct match_action {
	const char *name;
	const char *description; /* a sentence for GET /v2/actions */
	bool operational;	 /* raised by the service, never published */
	bool hookable;		 /* a hook may name it */
};

/* The longest name, in bytes: what a column or a label must hold. */
enum { MATCH_NAME_MAX = 32 };

#define MATCH_HOOK_DISABLED "hook.disabled"
#define MATCH_DELIVERY_FAILED "delivery.failed"
#define MATCH_PING "ping"

/* All of them, wildcards not included; borrowed, never freed. */
const struct match_action *match_catalogue(size_t *n);

/* May be published by a user: in the catalogue and not operational. */
bool match_published(const char *action);
/* Raised by the service: its own deliveries never raise another. */
bool match_operational(const char *action);

/*
 * May stand in a hook: the catalogue without ping, or a wildcard. A ping is
 * always made for the one hook that was asked for it, so that a hook of
 * action ping would never get anything.
 */
bool match_hookable(const char *action);

#endif
