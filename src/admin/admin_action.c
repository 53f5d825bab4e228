/* SPDX-License-Identifier: MIT */
/*
 * admin_action: hooks-admin action list, add, remove: the catalogue of the
 * installation, or with --org that of an organization.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "admin/admin.h"
#include "base/log.h"
#include "rules/action.h"
#include "rules/publishable.h"
#include "rules/valid.h"
#include "store/store_action.h"
#include "store/view.h"

/* NULL: the installation. */
static enum err read_owner(struct admin *a, struct id *room,
			   const struct id **out)
{
	const char *text = a->option[ADMIN_ORG];

	*out = text ? room : NULL;
	return text ? admin_org(a, text, room) : ERR_OK;
}

enum err admin_action_list(struct admin *a)
{
	struct store_action *list;
	const struct id *org;
	struct id room;
	struct jtree *all;
	size_t n;
	enum err e = read_owner(a, &room, &org);

	if (!e)
		e = store_action_list(&a->store, &a->arena, org, &list, &n);
	if (e)
		return e;
	if (!a->json) {
		for (size_t i = 0; i < n; i++)
			buf_printf(&a->out, "%s\t%s\n", list[i].name,
				   list[i].description);
		return ERR_OK;
	}
	all = jtree_array();
	for (size_t i = 0; i < n; i++)
		jtree_add(all, view_action(&list[i]));
	admin_json(a, all);
	return ERR_OK;
}

/* ---- add ---- */

static enum err check_action_description(const struct admin *a,
					 const char **out)
{
	const char *s = a->option[ADMIN_DESCRIPTION];
	const char *why = s ? valid_description(s, strlen(s)) : NULL;

	*out = s;
	return why ? admin_invalid("--description", why) : ERR_OK;
}

/* One byte more than allowed, so that what is too long is seen. */
static enum err read_example_file(struct admin *a, const char **out)
{
	char text[STORE_ACTION_EXAMPLE_MAX + 2], why[PUBLISHABLE_WHY_SIZE];
	const char *path = a->option[ADMIN_EXAMPLE];
	bool is_file = path && strcmp(path, "-") != 0;
	size_t n;
	FILE *in;

	*out = NULL;
	if (!path)
		return ERR_OK;
	in = is_file ? fopen(path, "re") : stdin;
	if (!in) {
		log_error("%s: %s", path, strerror(errno));
		return ERR_INVALID;
	}
	n = fread(text, 1, sizeof(text) - 1, in);
	if (is_file)
		fclose(in);
	while (n && strchr(" \t\r\n", text[n - 1]))
		n--;
	text[n] = '\0';
	if (!publishable_resource(text, n, STORE_ACTION_EXAMPLE_MAX, why))
		return admin_invalid("the example", why);
	*out = arena_strdup(&a->arena, text);
	return ERR_OK;
}

enum err admin_action_add(struct admin *a)
{
	struct store_action_change change = {.name = a->arg[0]};
	const char *why = action_name_check(a->arg[0]);
	struct id room;
	bool made;
	enum err e = why ? admin_invalid("NAME", why)
			 : check_action_description(a, &change.description);

	if (!e)
		e = read_example_file(a, &change.example);
	if (!e)
		e = read_owner(a, &room, &change.org);
	if (!e)
		e = store_action_put(&a->store, &change, &made);
	if (e == ERR_LIMIT)
		log_error("the organization has %d actions of its own, or %d "
			  "with those removed within the last 8 days, which is "
			  "the limit",
			  STORE_ACTION_OWN_MAX, STORE_ACTION_KEPT_MAX);
	return e;
}

enum err admin_action_remove(struct admin *a)
{
	const struct id *org;
	struct id room;
	enum err e = read_owner(a, &room, &org);

	if (e)
		return e;
	e = store_action_remove(&a->store, org, a->arg[0]);
	return e == ERR_NOT_FOUND ? admin_missing("action", a->arg[0]) : e;
}
