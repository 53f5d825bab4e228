/* SPDX-License-Identifier: MIT */
/*
 * admin_hook: hooks-admin hook create, list, enable, disable, resume, delete.
 */
#include <string.h>

#include "admin/admin.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/text.h"
#include "outside/jtree.h"
#include "rules/sign.h"
#include "store/policy.h"
#include "store/store_action.h"
#include "store/store_hook.h"
#include "store/store_lane.h"
#include "store/store_org.h"
#include "store/store_quiet.h"
#include "store/store_resume.h"
#include "store/view.h"

enum { WHY_SIZE = 200, CHANGE_TRIES = 5 };

static enum err check_hook_url(const struct admin *a, const char *url)
{
	char why[WHY_SIZE];
	struct policy policy;
	enum err e = policy_load(&policy, &a->conf);

	if (!e && !target_url_check(url, strlen(url), &policy.target, why,
				    sizeof(why)))
		e = admin_invalid("URL:", why);
	policy_release(&policy);
	return e;
}

static enum err check_hook(struct admin *a, struct store_hook *hook)
{
	char why[ACTION_WHY_SIZE];
	enum err e = admin_org(a, a->arg[0], &hook->organization);

	if (!e)
		e = store_action_check_hook(&a->store, &hook->organization,
					    a->arg[2], why);
	if (!e && *why)
		e = admin_invalid("ACTION", why);
	return e ? e : check_hook_url(a, a->arg[1]);
}

static enum err create_with_secret(struct admin *a, struct store_hook *hook)
{
	char secret[SIGN_SECRET_SIZE];
	struct sign_key key;
	enum err e = store_now(&a->store, &hook->created_at);

	if (e)
		return e;
	hook->updated_at = hook->created_at;
	sign_key_new(&key);
	sign_key_format(secret, &key);
	e = store_hook_create(&a->store, hook, secret, a->conf.api.max_hooks);
	if (e == ERR_LIMIT)
		log_error("the organization has as many hooks as [api] "
			  "max_hooks allows");
	return e;
}

enum err admin_hook_create(struct admin *a)
{
	struct store_hook hook = {.target_url = a->arg[1],
				  .action = a->arg[2],
				  .description = "",
				  .batch_size = 1,
				  .enabled = true};
	char id[ID_TEXT_SIZE];
	enum err e = check_hook(a, &hook);

	if (!e)
		e = create_with_secret(a, &hook);
	if (e)
		return e;
	if (a->json) {
		admin_json(a, view_hook(&hook, true));
		return ERR_OK;
	}
	id_format(id, &hook.id);
	admin_print(a, "_id", id);
	return ERR_OK;
}

static void print_hook(struct admin *a, const struct store_hook *hook)
{
	char id[ID_TEXT_SIZE];

	id_format(id, &hook->id);
	buf_printf(&a->out, "%s\t%s\t%s\t%s\n", id, hook->action,
		   hook->enabled ? "enabled" : "disabled", hook->target_url);
}

enum err admin_hook_list(struct admin *a)
{
	static const struct store_hook_query all = {.action = ""};
	struct store_hook *hooks;
	struct id org;
	struct jtree *v;
	bool more;
	size_t n;
	enum err e = admin_org(a, a->arg[0], &org);

	if (!e)
		e = store_hook_list(&a->store, &a->arena, &org, &all, &hooks,
				    &n, &more);
	if (e)
		return e;
	if (!a->json) {
		for (size_t i = 0; i < n; i++)
			print_hook(a, &hooks[i]);
		return ERR_OK;
	}
	v = jtree_array();
	for (size_t i = 0; i < n; i++)
		jtree_add(v, view_hook(&hooks[i], true));
	admin_json(a, v);
	return ERR_OK;
}

/* ---- one hook, given by its id ---- */

struct named {
	struct id id, organization;
};

static enum err find_owner(struct admin *a, struct named *hook)
{
	enum err e = admin_id("hook", a->arg[0], &hook->id);

	if (e)
		return e;
	e = store_org_of_hook(&a->store, &hook->id, &hook->organization);
	return e == ERR_NOT_FOUND ? admin_missing("hook", a->arg[0]) : e;
}

static enum err switch_once(struct admin *a, const struct named *named, bool on)
{
	struct store_hook hook;
	struct store_hook_change change = {.hook = &hook, .anew = on};
	enum err e = store_hook_get(&a->store, &a->arena, &named->organization,
				    &named->id, &hook);
	int64_t now;

	if (!e && hook.enabled == on)
		return ERR_OK;
	if (!e)
		e = store_now(&a->store, &now);
	if (e)
		return e;
	change.seen = hook.version++;
	/* Grows even when the database's clock was set back. */
	hook.updated_at = now > hook.updated_at ? now : hook.updated_at + 1;
	hook.enabled = on;
	hook.disabled_reason = on ? NULL : "disabled by the operator";
	e = store_hook_update(&a->store, &change);
	if (!e)
		store_quiet_wait(&a->store, hook.key, hook.updated_at);
	return e;
}

static enum err switch_hook(struct admin *a, bool on)
{
	struct named hook;
	enum err e = find_owner(a, &hook);

	if (e)
		return e;
	for (unsigned i = 0; i < CHANGE_TRIES; i++) {
		e = switch_once(a, &hook, on);
		if (e != ERR_CONFLICT)
			break;
	}
	if (e == ERR_CONFLICT)
		e = ERR_TEMP; /* others keep changing it */
	return e == ERR_NOT_FOUND ? admin_missing("hook", a->arg[0]) : e;
}

enum err admin_hook_enable(struct admin *a)
{
	return switch_hook(a, true);
}

enum err admin_hook_disable(struct admin *a)
{
	return switch_hook(a, false);
}

enum err admin_hook_resume(struct admin *a)
{
	struct store_hook hook;
	struct named named;
	uint64_t count = 0;
	enum err e = find_owner(a, &named);

	if (!e)
		e = store_hook_get(&a->store, &a->arena, &named.organization,
				   &named.id, &hook);
	if (!e)
		e = store_resume(&a->store, &hook, &count);
	if (e == ERR_CONFLICT) {
		log_error("the hook is disabled: hooks-admin hook enable %s",
			  a->arg[0]);
		return ERR_INVALID;
	}
	if (e)
		return e == ERR_NOT_FOUND ? admin_missing("hook", a->arg[0])
					  : e;
	if (a->json) {
		struct jtree *v = jtree_object();

		jtree_put_int(v, "count", (int64_t)count);
		admin_json(a, v);
		return ERR_OK;
	}
	buf_printf(&a->out, "%llu\n", (unsigned long long)count);
	return ERR_OK;
}

enum err admin_hook_delete(struct admin *a)
{
	struct named hook;
	int64_t now, created_s;
	uint64_t key;
	enum err e = find_owner(a, &hook);

	if (!e)
		e = store_now(&a->store, &now);
	if (e)
		return e;
	e = store_hook_delete(&a->store, &hook.organization, &hook.id, now,
			      STORE_HOOK_ANY);
	if (!e && store_key(&a->store, &hook.id, ID_HOOK, &key, &created_s))
		store_quiet_wait(&a->store, key, STORE_LANE_HOOK_DELETED);
	return e == ERR_NOT_FOUND ? admin_missing("hook", a->arg[0]) : e;
}
