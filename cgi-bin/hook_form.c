/* SPDX-License-Identifier: MIT */
/*
 * hook_form: the table of members. Each has a reader, which gets the value
 * (null to reset it) and reports its error.
 */
#include "hook_form.h"

#include <string.h>

#include "body.h"
#include "call.h"
#include "field_errors.h"
#include "hook_headers.h"
#include "outside/jtree.h"
#include "rules/action.h"
#include "rules/sign.h"
#include "rules/valid.h"
#include "store/view.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct form {
	struct call *call;
	const struct store_hook *current; /* NULL: a new one */
	struct store_hook hook;
	const char *secret;
	bool user_scope;
	bool has_user; /* it had a user before, or gets one */
	bool given;    /* the body has a valid user */
	bool bad_scope;
};

/* ---- texts ---- */

/* As it is, or with its query hidden. */
static bool is_shown(const char *s, const char *url)
{
	size_t n = strcspn(url, "?");

	return strcmp(s, url) == 0 || (url[n] && strncmp(s, url, n) == 0 &&
				       strcmp(s + n, "?" VIEW_HIDDEN) == 0);
}

static void read_target(struct field_errors *errors, const char *name,
			const struct jtree *v, void *arg)
{
	struct form *f = arg;
	char why[300];
	size_t len;
	const char *s = body_string(errors, name, v, &len);

	if (!s)
		return;
	/* A URL that the configuration once allowed may be sent back as it
	 * was read; its address is checked at every connect anyway. */
	if (f->current && is_shown(s, f->current->target_url))
		return;
	if (!target_url_check(s, len, &f->call->policy->target, why,
			      sizeof(why)))
		field_errors_add(errors, name, why);
	else
		f->hook.target_url = arena_strdup(f->call->arena, s);
}

static void read_hook_action(struct field_errors *errors, const char *name,
			     const struct jtree *v, void *arg)
{
	struct form *f = arg;
	const char *s = body_string(errors, name, v, NULL);

	if (!s)
		return;
	f->hook.action = arena_strdup(f->call->arena, s);
}

static void read_description(struct field_errors *errors, const char *name,
			     const struct jtree *v, void *arg)
{
	struct form *f = arg;

	f->hook.description = body_description(errors, name, v, f->call->arena);
}

static void read_secret(struct field_errors *errors, const char *name,
			const struct jtree *v, void *arg)
{
	struct form *f = arg;
	struct sign_key key;
	const char *s;
	size_t len;

	if (jtree_is_null(v)) {
		f->secret = hook_form_new_secret(f->call);
		return;
	}
	s = body_string(errors, name, v, &len);
	if (!s)
		return;
	if (!sign_key_parse(s, len, &key))
		field_errors_add(
			errors, name,
			"must be whsec_ and the base64 of 24 to 64 bytes");
	else
		f->secret = arena_strdup(f->call->arena, s);
}

/* ---- scope ---- */

static void read_scope(struct field_errors *errors, const char *name,
		       const struct jtree *v, void *arg)
{
	struct form *f = arg;
	const char *s =
		jtree_is_null(v) ? "organization" : jtree_string(v, NULL);

	if (s && strcmp(s, "user") == 0)
		f->user_scope = true;
	else if (s && strcmp(s, "organization") == 0)
		f->user_scope = false;
	else
		f->bad_scope = true;
	if (f->bad_scope)
		field_errors_add(errors, name, "must be organization or user");
}

static void read_hook_user(struct field_errors *errors, const char *name,
			   const struct jtree *v, void *arg)
{
	struct form *f = arg;

	f->hook.user = NULL;
	f->has_user = !jtree_is_null(v);
	if (f->has_user)
		f->hook.user =
			body_valid(errors, name, v, valid_user, f->call->arena);
	f->given = f->hook.user != NULL;
}

/* Errors that were reported already are not reported again in other words. */
static void check_hook_user(struct field_errors *errors, void *arg)
{
	struct form *f = arg;

	if (f->bad_scope)
		return;
	if (f->user_scope && !f->has_user)
		field_errors_add(errors, "user",
				 "is required when scope is user");
	if (!f->user_scope && f->given)
		field_errors_add(errors, "user",
				 "is only allowed when scope is user");
	if (!f->user_scope)
		f->hook.user = NULL;
}

/* ---- numbers and switches ---- */

static void read_batch_size(struct field_errors *errors, const char *name,
			    const struct jtree *v, void *arg)
{
	struct form *f = arg;

	if (jtree_is_null(v))
		f->hook.batch_size = 1;
	else
		body_whole(errors, name, v, 1, STORE_HOOK_BATCH_MAX,
			   &f->hook.batch_size);
}

static void read_rate_limit(struct field_errors *errors, const char *name,
			    const struct jtree *v, void *arg)
{
	struct form *f = arg;

	if (jtree_is_null(v))
		f->hook.rate_limit = 0;
	else
		body_whole(errors, name, v, 0, STORE_HOOK_RATE_MAX,
			   &f->hook.rate_limit);
}

static void read_ordered(struct field_errors *errors, const char *name,
			 const struct jtree *v, void *arg)
{
	struct form *f = arg;

	body_switch(errors, name, v, false, &f->hook.ordered);
}

static void read_enabled(struct field_errors *errors, const char *name,
			 const struct jtree *v, void *arg)
{
	struct form *f = arg;

	body_switch(errors, name, v, true, &f->hook.enabled);
}

/* ---- all other members ---- */

static void read_headers(struct field_errors *errors, const char *name,
			 const struct jtree *v, void *arg)
{
	struct form *f = arg;

	hook_headers_read(errors, name, v,
			  f->current ? f->current->headers : NULL,
			  f->call->arena, &f->hook.headers);
}

static void must_be(struct field_errors *errors, const char *name,
		    const struct jtree *v, const struct id *want)
{
	if (!body_is_id(v, want))
		field_errors_add(errors, name, "is not the one of this hook");
}

static void read_id(struct field_errors *errors, const char *name,
		    const struct jtree *v, void *arg)
{
	const struct form *f = arg;

	must_be(errors, name, v, &f->current->id);
}

static void read_hook_organization(struct field_errors *errors,
				   const char *name, const struct jtree *v,
				   void *arg)
{
	const struct form *f = arg;

	must_be(errors, name, v, &f->current->organization);
}

static void ignore(struct field_errors *errors, const char *name,
		   const struct jtree *v, void *arg)
{
	(void)errors;
	(void)name;
	(void)v;
	(void)arg;
}

/* ---- the table ---- */

static const struct body_member members[] = {
	{"target_url", read_target, BODY_REQUIRED},
	{"action", read_hook_action, BODY_REQUIRED},
	{"scope", read_scope, BODY_OPTIONAL},
	{"user", read_hook_user, BODY_OPTIONAL},
	{"description", read_description, BODY_OPTIONAL},
	{"headers", read_headers, BODY_OPTIONAL},
	{"batch_size", read_batch_size, BODY_OPTIONAL},
	{"rate_limit", read_rate_limit, BODY_OPTIONAL},
	{"ordered", read_ordered, BODY_OPTIONAL},
	{"secret", read_secret, BODY_OPTIONAL},
	/* A hook as it was read may be sent back. */
	{"enabled", read_enabled, BODY_CHANGE},
	{"_id", read_id, BODY_CHANGE},
	{"organization", read_hook_organization, BODY_CHANGE},
	{"createdAt", ignore, BODY_CHANGE},
	{"updatedAt", ignore, BODY_CHANGE},
	{"__v", ignore, BODY_CHANGE},
	{"disabledReason", ignore, BODY_CHANGE},
	{"state", ignore, BODY_CHANGE},
};

static const struct body_schema new_hook = {
	.member = members, .count = COUNT(members), .check = check_hook_user};
static const struct body_schema changed_hook = {.member = members,
						.count = COUNT(members),
						.change = true,
						.check = check_hook_user};

/* An action that was taken out of the catalogue may be sent back. */
static enum err check_catalogue(struct form *f, hook_form_catalogue *check,
				struct field_errors *errors)
{
	char why[ACTION_WHY_SIZE];
	const struct call *c = f->call;
	enum err e;

	if (!f->hook.action ||
	    (f->current && strcmp(f->hook.action, f->current->action) == 0))
		return ERR_OK;
	e = check(c->store, &c->key.org.id, f->hook.action, why);
	if (!e && *why)
		field_errors_add(errors, "action", why);
	return e;
}

enum err hook_form_read(struct call *c, const struct jtree *body,
			const struct store_hook *current,
			hook_form_catalogue *check, struct hook_form *out)
{
	struct form f = {.call = c,
			 .current = current,
			 .user_scope = current && current->user,
			 .has_user = current && current->user};
	struct field_errors errors;
	enum err e;

	if (current)
		f.hook = *current;
	else
		f.hook = (struct store_hook){
			.description = "", .batch_size = 1, .enabled = true};
	field_errors_init(&errors, "");
	body_read_object(&errors, body, current ? &changed_hook : &new_hook,
			 &f);
	e = check_catalogue(&f, check, &errors);
	if (e)
		buf_release(&errors.list);
	else
		e = field_errors_answer(&errors, c);
	if (!e)
		*out = (struct hook_form){.hook = f.hook, .secret = f.secret};
	return e;
}

const char *hook_form_new_secret(struct call *c)
{
	char *text = arena_alloc(c->arena, SIGN_SECRET_SIZE);
	struct sign_key key;

	sign_key_new(&key);
	sign_key_format(text, &key);
	return text;
}
