/* SPDX-License-Identifier: MIT */
/*
 * hook_change: the loop around store_hook_update.
 */
#include "hook_change.h"

#include <string.h>

#include "call.h"
#include "etag.h"
#include "store/store_lane.h"
#include "store/store_quiet.h"
#include "store/store_secret.h"

enum { TRIES = 5 };

static enum err check_match(struct call *c, const struct store_hook *hook)
{
	const char *list = c->request->header[REQUEST_IF_MATCH];
	const char *tag = arena_printf(c->arena, "\"%llx\"",
				       (unsigned long long)hook->version);

	if (!list || etag_listed(list, tag, ETAG_FIRST))
		return ERR_OK;
	response_problem(c->response, 412,
			 "The hook was changed since it was read.");
	return ERR_INVALID;
}

/* Whether it wants other notifications than before. */
static bool wants_other(const struct store_hook *a, const struct store_hook *b)
{
	return strcmp(a->action, b->action) != 0 || !a->user != !b->user ||
	       (a->user && strcmp(a->user, b->user) != 0);
}

static enum err once(struct call *c, const struct id *id,
		     hook_change_edit *edit, void *arg, struct store_hook *out)
{
	const struct id *org = &c->key.org.id;
	struct store_hook now, next;
	struct store_hook_change change = {.hook = &next};
	enum err e = store_hook_get(c->store, c->arena, org, id, &now);

	if (!e)
		e = check_match(c, &now);
	if (e)
		return e;
	next = now;
	e = edit(c, &next, &change, arg);
	if (e == ERR_CONFLICT) {
		*out = now;
		return ERR_OK;
	}
	/* Every change must increase the time, or it would not be noticed. */
	next.updated_at =
		c->key.now > now.updated_at ? c->key.now : now.updated_at + 1;
	next.version = now.version + 1;
	change.seen = now.version;
	change.anew = (next.enabled && !now.enabled) ||
		      strcmp(next.target_url, now.target_url) != 0;
	change.other = wants_other(&next, &now);
	if (!e)
		e = store_hook_update(c->store, &change);
	if (!e && change.anew)
		store_hook_forgive(&next);
	if (!e && (now.enabled != next.enabled || change.anew))
		store_quiet_wait(c->store, next.key, next.updated_at);
	if (!e)
		*out = next;
	return e;
}

static enum err too_many_secrets(struct call *c)
{
	response_problem(c->response, 429,
			 "%d secrets of this hook are valid, which is the "
			 "limit; wait until one expires.",
			 STORE_SECRETS_MAX);
	return ERR_INVALID;
}

enum err hook_change_run(struct call *c, hook_change_edit *edit, void *arg,
			 struct store_hook *out)
{
	unsigned tries = 0;
	struct id id;
	enum err e = call_id(c, 0, &id);

	if (e)
		return e;
	do
		e = once(c, &id, edit, arg, out);
	while (e == ERR_CONFLICT && ++tries < TRIES);
	if (e == ERR_LIMIT)
		return too_many_secrets(c);
	return e == ERR_CONFLICT ? ERR_TEMP : e;
}

static enum err delete_once(struct call *c, const struct id *id)
{
	const struct id *org = &c->key.org.id;
	struct store_hook now = {.version = STORE_HOOK_ANY};
	enum err e = ERR_OK;

	if (c->request->header[REQUEST_IF_MATCH]) {
		e = store_hook_get(c->store, c->arena, org, id, &now);
		if (!e)
			e = check_match(c, &now);
	}
	return e ? e
		 : store_hook_delete(c->store, org, id, c->key.now,
				     now.version);
}

enum err hook_change_delete(struct call *c)
{
	unsigned tries = 0;
	int64_t created_s;
	uint64_t key;
	struct id id;
	enum err e = call_id(c, 0, &id);

	if (e)
		return e;
	do
		e = delete_once(c, &id);
	while (e == ERR_CONFLICT && ++tries < TRIES);
	if (!e && store_key(c->store, &id, ID_HOOK, &key, &created_s))
		store_quiet_wait(c->store, key, STORE_LANE_HOOK_DELETED);
	return e == ERR_CONFLICT ? ERR_TEMP : e;
}
