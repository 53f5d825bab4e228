/* SPDX-License-Identifier: MIT */
/*
 * admin_key: hooks-admin key create, key list, key revoke.
 */
#include <string.h>

#include "admin/admin.h"
#include "base/log.h"
#include "base/text.h"
#include "rules/valid.h"
#include "store/store_key.h"
#include "store/view.h"

struct jtree *admin_key_view(const struct store_key *key)
{
	struct jtree *v = jtree_object();

	view_put_id(v, "_id", &key->id);
	jtree_put_string(v, "role", store_role_name(key->role));
	jtree_put_string(v, "name", key->name);
	view_put_time(v, "createdAt", key->created_at);
	view_put_time(v, "lastUsedAt", key->last_used_at);
	return v;
}

static enum err read_key_options(const struct admin *a, enum store_role *role,
				 const char **name)
{
	const char *why;

	*role = a->option[ADMIN_ADMIN] ? ROLE_ADMIN : ROLE_MANAGE;
	*name = "";
	if (a->option[ADMIN_ROLE] &&
	    (*role == ROLE_ADMIN ||
	     !store_role_parse(a->option[ADMIN_ROLE], role) ||
	     *role == ROLE_ADMIN)) {
		log_error("--role must be manage, publish, read or run, and "
			  "does not go with --admin");
		return ERR_USAGE;
	}
	if (!a->option[ADMIN_NAME])
		return ERR_OK;
	*name = a->option[ADMIN_NAME];
	why = valid_name(*name, strlen(*name));
	return why ? admin_invalid("--name", why) : ERR_OK;
}

/* The organization whose keys these are; NULL: of none, with --admin. */
static enum err read_key_owner(const struct admin *a, struct id *room,
			       const struct id **out)
{
	bool none = a->option[ADMIN_ADMIN] != NULL;

	if (none == (a->args > 0)) {
		log_error("give either an organization or --admin");
		return ERR_USAGE;
	}
	*out = none ? NULL : room;
	return none ? ERR_OK : admin_id("organization", a->arg[0], room);
}

enum err admin_key_create(struct admin *a)
{
	char text[STORE_KEY_TEXT_SIZE];
	struct store_key key;
	enum store_role role;
	const char *name;
	const struct id *org;
	struct id room;
	struct jtree *v;
	enum err e = read_key_options(a, &role, &name);

	if (!e)
		e = read_key_owner(a, &room, &org);
	if (e)
		return e;
	e = store_key_create(&a->store, org, role, name, text, &key);
	if (e == ERR_NOT_FOUND)
		return admin_missing("organization", a->arg[0]);
	if (e)
		return e;
	if (!a->json) {
		admin_print(a, "key", text);
		return ERR_OK;
	}
	v = admin_key_view(&key);
	jtree_put_string(v, "key", text);
	admin_json(a, v);
	return ERR_OK;
}

static void print_key(struct admin *a, const struct store_key *key)
{
	char id[ID_TEXT_SIZE];
	char created[TEXT_TIME_SIZE], used[TEXT_TIME_SIZE] = "never";

	id_format(id, &key->id);
	text_time(created, key->created_at);
	if (key->last_used_at != TIME_NONE)
		text_time(used, key->last_used_at);
	buf_printf(&a->out, "%s\t%s\t%s\t%s\t%s\n", id,
		   store_role_name(key->role), key->name, created, used);
}

enum err admin_key_list(struct admin *a)
{
	struct store_key *keys;
	struct jtree *all;
	const struct id *org;
	struct id room;
	size_t n;
	enum err e = read_key_owner(a, &room, &org);

	if (e)
		return e;
	e = store_key_list(&a->store, org, &a->arena, &keys, &n);
	if (e == ERR_NOT_FOUND)
		return admin_missing("organization", a->arg[0]);
	if (e)
		return e;
	if (!a->json) {
		for (size_t i = 0; i < n; i++)
			print_key(a, &keys[i]);
		return ERR_OK;
	}
	all = jtree_array();
	for (size_t i = 0; i < n; i++)
		jtree_add(all, admin_key_view(&keys[i]));
	admin_json(a, all);
	return ERR_OK;
}

enum err admin_key_revoke(struct admin *a)
{
	struct id id;
	enum err e = admin_id("key", a->arg[0], &id);

	if (e)
		return e;
	e = store_key_revoke(&a->store, &id);
	return e == ERR_NOT_FOUND ? admin_missing("key", a->arg[0]) : e;
}
