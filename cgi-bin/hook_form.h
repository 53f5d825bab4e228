/* SPDX-License-Identifier: MIT */
/*
 * hook_form: reads a hook's members from a body, checks them and puts them into
 * a struct. One table says for each member how it is read and where it is
 * allowed.
 */
#ifndef HOOKS_HOOK_FORM_H
#define HOOKS_HOOK_FORM_H

#include "base/err.h"
#include "rules/action.h"
#include "store/store_hook.h"

struct call;
struct jtree;
struct store;

struct hook_form {
	struct store_hook hook; /* texts are arena */
	const char *secret;	/* a new one, arena; NULL: none is asked for */
};

/* Whether a hook of the organization may name the action: `why` is "", or a
 * sentence without the field's name in front. As store_action_check_hook(). */
typedef enum err hook_form_catalogue(struct store *s, const struct id *org,
				     const char *name,
				     char why[ACTION_WHY_SIZE]);

/*
 * `current` is the hook to change, or NULL for a new one, whose organization
 * and times the caller sets. ERR_INVALID with the 400 made.
 */
enum err hook_form_read(struct call *c, const struct jtree *body,
			const struct store_hook *current,
			hook_form_catalogue *check, struct hook_form *out);

/* A random secret; arena. */
const char *hook_form_new_secret(struct call *c);

#endif
