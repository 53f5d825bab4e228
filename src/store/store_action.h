/* SPDX-License-Identifier: MIT */
/*
 * store_action: `vh_actions`, the catalogue: which actions may be published,
 * with a description and an example of each. There are those of the
 * installation, and each organization's own. An own action hides the
 * installation's of the same name.
 *
 * With [api] actions = any everything that is well formed counts as listed.
 *
 * A removed action stays in the table for some days, because what was inserted
 * with SQL before its removal may be taken over after it.
 */
#ifndef HOOKS_STORE_ACTION_H
#define HOOKS_STORE_ACTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "rules/action.h"
#include "rules/id.h"

struct arena;
struct store;

enum {
	STORE_ACTION_OWN_MAX = 1000,	/* of an organization, */
	STORE_ACTION_KEPT_MAX = 2000,	/* those removed lately included */
	STORE_ACTION_EXAMPLE_MAX = 8192 /* bytes */
};

/* Whether its action was listed when it was accepted, `accepted`; for
 * SELECTs in which `o` is a row of `vh_outbox`. Compared in the type that
 * the column has, so that it is one probe of the primary key for each of the
 * two owners. */
#define STORE_ACTION_LISTED_SQL(accepted)                                      \
	"EXISTS(SELECT 1 FROM vh_actions c WHERE c.organization IN "           \
	"(o.organization, REPEAT(CHAR(0), 12)) AND c.name = "                  \
	"CAST(LEFT(o.action, 65) AS BINARY) AND "                              \
	"(c.until IS NULL OR c.until > " accepted "))"

struct store_action {
	const char *name;
	const char *description; /* "": none */
	const char *example;	 /* a JSON object; NULL: none */
	bool own;		 /* the organization's */
};

/* By name; *arena*. `org` NULL: only those of the installation. */
enum err store_action_list(struct store *s, struct arena *arena,
			   const struct id *org, struct store_action **list,
			   size_t *count);

/* One, as its owner has it; *arena*. ERR_NOT_FOUND: it has none. */
enum err store_action_get(struct store *s, struct arena *arena,
			  const struct id *org, const char *name,
			  struct store_action *out);

/* Checks names that have the form of one: `listed[i]` says whether names[i] may
 * be published. */
enum err store_action_listed(struct store *s, const struct id *org,
			     const char *const *names, size_t n, bool *listed);
/* Whether a hook may name it: a listed action, a prefix of listed actions and
 * ".*", "*", or an operational action. */
enum err store_action_hookable(struct store *s, const struct id *org,
			       const char *name, bool *out);

/* A sentence without the field's name in front, for a name that is not listed,
 * with the nearest one that is; for a hook also wildcards and operational
 * actions count. Reads all names. */
enum err store_action_unlisted(struct store *s, const struct id *org,
			       const char *name, bool hook,
			       char why[ACTION_WHY_SIZE]);

/* Whether it may be published, or a hook may name it: `why` is "", or such a
 * sentence. */
enum err store_action_check(struct store *s, const struct id *org,
			    const char *name, char why[ACTION_WHY_SIZE]);
enum err store_action_check_hook(struct store *s, const struct id *org,
				 const char *name, char why[ACTION_WHY_SIZE]);

/* Adds the action, or gives it another description and example. `org` NULL: to
 * those of the installation. `description` and `example`: NULL for what it has,
 * or none if it is new. ERR_LIMIT: the organization has STORE_ACTION_OWN_MAX,
 * or STORE_ACTION_KEPT_MAX with those that were removed lately. */
struct store_action_change {
	const struct id *org;
	const char *name, *description, *example;
	bool no_example; /* take away the one it has */
};
enum err store_action_put(struct store *s,
			  const struct store_action_change *change, bool *made);
/* ERR_NOT_FOUND: it is not among those of `org`, or of the installation. */
enum err store_action_remove(struct store *s, const struct id *org,
			     const char *name);

#endif
