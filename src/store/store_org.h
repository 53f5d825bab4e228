/* SPDX-License-Identifier: MIT */
/*
 * store_org: the organizations, which are the tenants: a key of one shows
 * nothing of another.
 */
#ifndef HOOKS_STORE_ORG_H
#define HOOKS_STORE_ORG_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/id.h"
#include "rules/valid.h"

struct arena;
struct store;

enum { STORE_NAME_SIZE = 4 * VALID_NAME_MAX + 1 }; /* UTF-8 and a NUL */

struct store_org {
	struct id id;
	char name[STORE_NAME_SIZE];
	int64_t created_at, updated_at;
};

/* `name` has passed valid_name(). */
enum err store_org_create(struct store *s, const char *name,
			  struct store_org *out);
/* ERR_NOT_FOUND: there is none. */
enum err store_org_find(struct store *s, const struct id *id,
			struct store_org *out);
/* The organization of a hook; ERR_NOT_FOUND also when the hook was deleted. */
enum err store_org_of_hook(struct store *s, const struct id *hook,
			   struct id *out);
enum err store_org_of_delivery(struct store *s, const struct id *delivery,
			       struct id *out);
/* All organizations, oldest first; *arena*. */
enum err store_org_list(struct store *s, struct arena *arena,
			struct store_org **list, size_t *count);

#endif
