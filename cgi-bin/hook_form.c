/* SPDX-License-Identifier: MIT */
/*
 * hook_form: the table of members. Each has a reader, which gets the value
 * (null where it is to be reset) and reports what is wrong with it.
 */
#include "hook_form.h"

#include <string.h>

#include "call.h"
#include "field_errors.h"
#include "hook_headers.h"
#include "outside/jtree.h"
#include "rules/action.h"
#include "rules/sign.h"
#include "rules/valid.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct form {
	struct call *call;
	struct field_errors errors;
	const struct store_hook *current; /* NULL: a new one */
	struct store_hook hook;
	const char *secret;
	bool has_user;	 /* it had one before, or gets one */
	bool user_given; /* and it is one */
	bool bad_scope;
};

typedef void reader(struct form *f, const char *name, const struct jtree *v);

/* ---- texts ---- */

static const char *want_string(struct form *f, const char *name,
			       const struct jtree *v, size_t *len)
{
	const char *s = jtree_string(v, len);

	if (!s)
		field_errors_add(&f->errors, name, "must be a string");
	return s;
}

static void read_target(struct form *f, const char *name, const struct jtree *v)
{
	char why[300];
	size_t len;
	const char *s = want_string(f, name, v, &len);

	if (!s)
		return;
	/* What the configuration allowed once may be sent back as it was
	 * read; where it leads is judged at every connect anyway. */
	if (f->current && strcmp(s, f->current->target_url) == 0)
		return;
	if (!target_url_check(s, len, &f->call->policy->target, why,
			      sizeof(why)))
		field_errors_add(&f->errors, name, why);
	else
		f->hook.target_url = arena_strdup(f->call->arena, s);
}

static void read_action(struct form *f, const char *name, const struct jtree *v)
{
	const char *s = want_string(f, name, v, NULL);

	if (!s)
		return;
	if (!action_hookable(s))
		field_errors_add(
			&f->errors, name,
			"is no action or wildcard that a hook may name; GET "
			"/v2/actions lists them");
	else
		f->hook.action = arena_strdup(f->call->arena, s);
}

static void read_description(struct form *f, const char *name,
			     const struct jtree *v)
{
	const char *s, *why;
	size_t len;

	f->hook.description = "";
	if (jtree_is_null(v))
		return;
	s = want_string(f, name, v, &len);
	why = s ? valid_description(s, len) : NULL;
	if (why)
		field_errors_add(&f->errors, name, why);
	else if (s)
		f->hook.description = arena_strdup(f->call->arena, s);
}

static void read_secret(struct form *f, const char *name, const struct jtree *v)
{
	struct sign_key key;
	const char *s;
	size_t len;

	if (jtree_is_null(v)) {
		f->secret = hook_form_new_secret(f->call);
		return;
	}
	s = want_string(f, name, v, &len);
	if (!s)
		return;
	if (!sign_key_parse(s, len, &key))
		field_errors_add(
			&f->errors, name,
			"must be whsec_ and the base64 of 24 to 64 bytes");
	else
		f->secret = arena_strdup(f->call->arena, s);
}

/* ---- scope ---- */

static void read_scope(struct form *f, const char *name, const struct jtree *v)
{
	const char *s =
		jtree_is_null(v) ? "organization" : jtree_string(v, NULL);

	if (s && strcmp(s, "user") == 0)
		f->hook.user_scope = true;
	else if (s && strcmp(s, "organization") == 0)
		f->hook.user_scope = false;
	else
		f->bad_scope = true;
	if (f->bad_scope)
		field_errors_add(&f->errors, name, "is organization or user");
}

static void read_user(struct form *f, const char *name, const struct jtree *v)
{
	const char *s;
	size_t len;

	f->hook.user = (struct id){.b = {0}};
	f->has_user = !jtree_is_null(v);
	if (!f->has_user)
		return;
	s = jtree_string(v, &len);
	f->user_given = s && id_parse(s, len, &f->hook.user);
	if (!f->user_given)
		field_errors_add(&f->errors, name, "must be 24 hex digits");
}

/* What was told already is not told again in other words. */
static void check_user(struct form *f)
{
	if (f->bad_scope)
		return;
	if (f->hook.user_scope && !f->has_user)
		field_errors_add(&f->errors, "user",
				 "is needed where scope is user");
	if (!f->hook.user_scope && f->user_given)
		field_errors_add(&f->errors, "user",
				 "is only for hooks whose scope is user");
}

/* ---- numbers and switches ---- */

static void read_number(struct form *f, const char *name, const struct jtree *v,
			int64_t min, int64_t max, unsigned *out)
{
	int64_t number;
	char *why;

	if (jtree_whole(v, &number) && number >= min && number <= max) {
		*out = (unsigned)number;
		return;
	}
	why = arena_printf(f->call->arena,
			   "must be a whole number from %lld to %lld",
			   (long long)min, (long long)max);
	field_errors_add(&f->errors, name, why);
}

static void read_batch_size(struct form *f, const char *name,
			    const struct jtree *v)
{
	if (jtree_is_null(v))
		f->hook.batch_size = 1;
	else
		read_number(f, name, v, 1, STORE_HOOK_BATCH_MAX,
			    &f->hook.batch_size);
}

static void read_rate_limit(struct form *f, const char *name,
			    const struct jtree *v)
{
	if (jtree_is_null(v))
		f->hook.rate_limit = 0;
	else
		read_number(f, name, v, 0, STORE_HOOK_RATE_MAX,
			    &f->hook.rate_limit);
}

static void read_switch(struct form *f, const char *name, const struct jtree *v,
			bool initial, bool *out)
{
	if (jtree_is_null(v))
		*out = initial;
	else if (jtree_is_bool(v))
		*out = jtree_bool(v);
	else
		field_errors_add(&f->errors, name, "must be true or false");
}

static void read_ordered(struct form *f, const char *name,
			 const struct jtree *v)
{
	read_switch(f, name, v, false, &f->hook.ordered);
}

static void read_enabled(struct form *f, const char *name,
			 const struct jtree *v)
{
	read_switch(f, name, v, true, &f->hook.enabled);
}

/* ---- the others ---- */

static void read_headers(struct form *f, const char *name,
			 const struct jtree *v)
{
	hook_headers_read(&f->errors, name, v,
			  f->current ? f->current->headers : NULL,
			  f->call->arena, &f->hook.headers);
}

static void must_be(struct form *f, const char *name, const struct jtree *v,
		    const struct id *want)
{
	struct id id;
	size_t len;
	const char *s = jtree_string(v, &len);

	if (!s || !id_parse(s, len, &id) || !id_equal(&id, want))
		field_errors_add(&f->errors, name,
				 "is another one than this hook's");
}

static void read_id(struct form *f, const char *name, const struct jtree *v)
{
	must_be(f, name, v, &f->current->id);
}

static void read_organization(struct form *f, const char *name,
			      const struct jtree *v)
{
	must_be(f, name, v, &f->current->organization);
}

static void ignore(struct form *f, const char *name, const struct jtree *v)
{
	(void)f;
	(void)name;
	(void)v;
}

/* ---- the table ---- */

enum { NEW = 1, CHANGE = 2, NEEDED = 4 };

static const struct field {
	const char *name;
	unsigned use; /* in a POST, in a PUT; needed in a POST */
	reader *read;
} fields[] = {
	{"target_url", NEW | CHANGE | NEEDED, read_target},
	{"action", NEW | CHANGE | NEEDED, read_action},
	{"scope", NEW | CHANGE, read_scope},
	{"user", NEW | CHANGE, read_user},
	{"description", NEW | CHANGE, read_description},
	{"headers", NEW | CHANGE, read_headers},
	{"batch_size", NEW | CHANGE, read_batch_size},
	{"rate_limit", NEW | CHANGE, read_rate_limit},
	{"ordered", NEW | CHANGE, read_ordered},
	{"secret", NEW | CHANGE, read_secret},
	/* A hook as it was read may be sent back. */
	{"enabled", CHANGE, read_enabled},
	{"_id", CHANGE, read_id},
	{"organization", CHANGE, read_organization},
	{"createdAt", CHANGE, ignore},
	{"updatedAt", CHANGE, ignore},
	{"__v", CHANGE, ignore},
	{"disabledReason", CHANGE, ignore},
};

static bool is_field(const char *name, unsigned use)
{
	for (size_t i = 0; i < COUNT(fields); i++)
		if ((fields[i].use & use) && strcmp(fields[i].name, name) == 0)
			return true;
	return false;
}

static void read_fields(struct form *f, const struct jtree *body)
{
	unsigned use = f->current ? CHANGE : NEW;
	const struct jtree *v;
	const char *name;
	struct jtree_iter it;

	for (size_t i = 0; i < COUNT(fields); i++) {
		v = jtree_get(body, fields[i].name);
		if (!(fields[i].use & use))
			continue;
		if (v)
			fields[i].read(f, fields[i].name, v);
		else if (use == NEW && (fields[i].use & NEEDED))
			field_errors_add(&f->errors, fields[i].name,
					 "is missing");
	}
	for (jtree_iter_init(&it, body); jtree_iter_next(&it, &name, &v);)
		if (!is_field(name, use))
			field_errors_add(&f->errors, name, "is not known here");
	check_user(f);
}

enum err hook_form_read(struct call *c, const struct jtree *body,
			const struct store_hook *current, struct hook_form *out)
{
	struct form f = {.call = c,
			 .current = current,
			 .has_user = current && current->user_scope};
	enum err e;

	field_errors_init(&f.errors, "");
	if (current)
		f.hook = *current;
	else
		f.hook = (struct store_hook){
			.description = "", .batch_size = 1, .enabled = true};
	if (jtree_is_object(body))
		read_fields(&f, body);
	else
		field_errors_add(&f.errors, NULL, "must be an object");
	e = field_errors_answer(&f.errors, c);
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
