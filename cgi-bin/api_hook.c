/* SPDX-License-Identifier: MIT */
/*
 * api_hook: /v2/hooks and /v2/hooks/:id.
 */
#include <string.h>

#include "api.h"
#include "body.h"
#include "call.h"
#include "hook_change.h"
#include "hook_form.h"
#include "listing.h"
#include "outside/jtree.h"
#include "rules/standing.h"
#include "store/store_action.h"
#include "store/store_hook.h"
#include "store/store_secret.h"
#include "store/view.h"

#define DISABLED_BY_REQUEST "disabled by request"

static void answer_hook(struct call *c, unsigned status,
			const struct store_hook *h)
{
	response_json(c->response, status, view_hook(h, call_open(c)));
	call_tag(c, arena_printf(c->arena, "%llx.",
				 (unsigned long long)h->version));
}

/* ---- creating ---- */

static enum err create_hook(struct call *c, struct hook_form *form)
{
	struct store_hook *h = &form->hook;
	const char *secret = form->secret;
	uint64_t max = c->conf->api.max_hooks;
	enum err e;

	if (!secret)
		secret = hook_form_new_secret(c);
	h->organization = c->key.org.id;
	h->created_at = h->updated_at = c->key.now;
	e = store_hook_create(c->store, h, secret, max);
	if (e != ERR_LIMIT)
		return e;
	response_problem(c->response, 403,
			 "The organization has %llu hooks, which is the "
			 "limit; delete one first.",
			 (unsigned long long)max);
	return ERR_INVALID;
}

enum err api_hook_create(struct call *c)
{
	struct hook_form form;
	char id[ID_TEXT_SIZE];
	struct jtree *body;
	enum err e = body_parse(c, NULL, &body);

	if (e)
		return e;
	e = hook_form_read(c, body, NULL, store_action_check_hook, &form);
	jtree_free(body);
	if (!e)
		e = create_hook(c, &form);
	if (e)
		return e;
	answer_hook(c, 201, &form.hook);
	id_format(id, &form.hook.id);
	response_header(c->response, "Location", "%s/v2/hooks/%s",
			c->conf->api.base_path, id);
	return ERR_OK;
}

/* ---- reading ---- */

enum err api_hook_list(struct call *c)
{
	const char *action = request_param(c->request, "action");
	struct store_hook_query query = {.action = action ? action : ""};
	struct store_hook *list;
	struct id after;
	struct jtree *all;
	size_t n;
	bool more;
	enum err e = listing_limit(c, 0, &query.limit);

	query.state = request_param(c->request, "state");
	if (!e && query.state && !standing_is_name(query.state)) {
		response_problem(c->response, 400,
				 "state must be healthy, retrying, suspended, "
				 "blocked, put_off or disabled.");
		e = ERR_INVALID;
	}
	if (!e)
		e = listing_id(c, "after", &after, &query.after);
	if (!e)
		e = store_hook_list(c->store, c->arena, &c->key.org.id, &query,
				    &list, &n, &more);
	if (e)
		return e;
	all = jtree_array();
	for (size_t i = 0; i < n; i++)
		jtree_add(all, view_hook(&list[i], call_open(c)));
	response_json(c->response, 200, all);
	if (more)
		listing_link_next(c, "/v2/hooks", &list[n - 1].id);
	return ERR_OK;
}

enum err api_hook_get(struct call *c)
{
	struct store_hook hook;
	enum err e = call_hook(c, &hook);

	if (!e)
		answer_hook(c, 200, &hook);
	return e;
}

/* ---- changing ---- */

static void note_switch(struct store_hook *next, bool was_enabled)
{
	if (next->enabled)
		next->disabled_reason = NULL;
	else if (was_enabled)
		next->disabled_reason = DISABLED_BY_REQUEST;
}

static enum err edit_members(struct call *c, struct store_hook *hook,
			     struct store_hook_change *change, void *arg)
{
	const struct jtree *body = arg;
	struct hook_form form;
	enum err e =
		hook_form_read(c, body, hook, store_action_check_hook, &form);

	if (e)
		return e;
	note_switch(&form.hook, hook->enabled);
	*hook = form.hook;
	change->secret = form.secret;
	change->overlap = STORE_OVERLAP_DEFAULT;
	return ERR_OK;
}

static enum err change_hook(struct call *c, hook_change_edit *edit, void *arg)
{
	struct store_hook hook;
	enum err e = hook_change_run(c, edit, arg, &hook);

	if (!e)
		answer_hook(c, 200, &hook);
	return e;
}

/* Vyte's webhook guide prints such a request under "Get the hook". */
static enum err refuse_empty(struct call *c)
{
	response_problem(c->response, 400,
			 "A PUT needs a body with the members to change; to "
			 "read the hook use GET.");
	return ERR_INVALID;
}

enum err api_hook_update(struct call *c)
{
	struct jtree *body;
	enum err e;

	if (body_is_blank(c))
		return refuse_empty(c);
	e = body_parse(c, NULL, &body);
	if (e)
		return e;
	e = change_hook(c, edit_members, body);
	jtree_free(body);
	return e;
}

static enum err edit_switch(struct call *c, struct store_hook *hook,
			    struct store_hook_change *change, void *arg)
{
	const bool *enabled = arg;
	bool was_enabled = hook->enabled;

	(void)c;
	(void)change;
	if (was_enabled == *enabled)
		return ERR_CONFLICT; /* no change needed */
	hook->enabled = *enabled;
	note_switch(hook, was_enabled);
	return ERR_OK;
}

static enum err switch_to(struct call *c, bool enabled)
{
	enum err e = body_read_nothing(c);

	return e ? e : change_hook(c, edit_switch, &enabled);
}

enum err api_hook_enable(struct call *c)
{
	return switch_to(c, true);
}

enum err api_hook_disable(struct call *c)
{
	return switch_to(c, false);
}

/* ---- deleting ---- */

enum err api_hook_delete(struct call *c)
{
	enum err e = hook_change_delete(c);

	if (!e)
		response_empty(c->response, 204);
	return e;
}
