/* SPDX-License-Identifier: MIT */
/*
 * admin_org: hooks-admin org create, org list.
 */
#include <string.h>

#include "admin/admin.h"
#include "rules/valid.h"
#include "store/store_org.h"
#include "store/view.h"

enum err admin_org_create(struct admin *a)
{
	const char *name = a->arg[0];
	const char *why = valid_name(name, strlen(name));
	char id[ID_TEXT_SIZE];
	struct store_org org;
	enum err e;

	if (why)
		return admin_invalid("NAME", why);
	e = store_org_create(&a->store, name, &org);
	if (e)
		return e;
	if (a->json) {
		admin_json(a, view_org(&org));
		return ERR_OK;
	}
	id_format(id, &org.id);
	admin_print(a, "_id", id);
	return ERR_OK;
}

enum err admin_org_list(struct admin *a)
{
	struct store_org *orgs;
	struct jtree *all;
	size_t n;
	enum err e = store_org_list(&a->store, &a->arena, &orgs, &n);

	if (e)
		return e;
	if (a->json) {
		all = jtree_array();
		for (size_t i = 0; i < n; i++)
			jtree_add(all, view_org(&orgs[i]));
		admin_json(a, all);
		return ERR_OK;
	}
	for (size_t i = 0; i < n; i++) {
		char id[ID_TEXT_SIZE];

		id_format(id, &orgs[i].id);
		buf_printf(&a->out, "%s\t%s\n", id, orgs[i].name);
	}
	return ERR_OK;
}
