/* SPDX-License-Identifier: MIT */
/*
 * api_action: /v2/actions: the catalogue.
 */
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "body.h"
#include "call.h"
#include "field_errors.h"
#include "outside/jscan.h"
#include "outside/jtree.h"
#include "rules/action.h"
#include "rules/match.h"
#include "rules/valid.h"
#include "store/store_action.h"
#include "store/view.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- the list ---- */

static struct jtree *show_other(const char *name, const char *description,
				bool own, bool operational, bool hookable)
{
	struct jtree *v = view_action_named(name, description, own);

	jtree_put_null(v, "example");
	jtree_put_bool(v, "operational", operational);
	jtree_put_bool(v, "publishable", false);
	jtree_put_bool(v, "hookable", hookable);
	return v;
}

struct wildcard {
	const char *name;
	bool own; /* there are only own actions below it */
};

static int by_wildcard(const void *a, const void *b)
{
	const struct wildcard *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* In order, each once; *arena*. The last name of a match is "*". */
static struct wildcard *list_wildcards(struct arena *arena,
				       const struct store_action *list,
				       size_t n, size_t *count)
{
	struct match_names names;
	struct wildcard *w;
	size_t all = 0, kept = 0;

	for (size_t i = 0; i < n; i++) {
		match_names(&names, list[i].name);
		all += names.count;
	}
	w = arena_alloc(arena, (all + 1) * sizeof(*w));
	all = 0;
	for (size_t i = 0; i < n; i++) {
		match_names(&names, list[i].name);
		for (size_t j = 1; j + 1 < names.count; j++)
			w[all++] = (struct wildcard){
				arena_strdup(arena, names.name[j]),
				list[i].own};
	}
	qsort(w, all, sizeof(*w), by_wildcard);
	for (size_t i = 0; i < all; i++)
		if (kept && strcmp(w[kept - 1].name, w[i].name) == 0)
			w[kept - 1].own = w[kept - 1].own && w[i].own;
		else
			w[kept++] = w[i];
	*count = kept;
	return w;
}

static void add_wildcards(struct call *c, struct jtree *all,
			  const struct store_action *list, size_t n)
{
	size_t count;
	const struct wildcard *w = list_wildcards(c->arena, list, n, &count);

	jtree_add(all, show_other("*", "All that is not operational.", false,
				  false, true));
	for (size_t i = 0; i < count; i++) {
		int len = (int)strlen(w[i].name) - 1;
		const char *about = arena_printf(
			c->arena, "All that begins with %.*s", len, w[i].name);

		jtree_add(all,
			  show_other(w[i].name, about, w[i].own, false, true));
	}
}

enum err api_action_list(struct call *c)
{
	struct store_action *list;
	size_t n, own_count;
	const struct action *own = action_operationals(&own_count);
	struct jtree *all;
	enum err e = store_action_list(c->store, c->arena, &c->key.org.id,
				       &list, &n);

	if (e)
		return e;
	all = jtree_array();
	for (size_t i = 0; i < n; i++)
		jtree_add(all, view_action(&list[i]));
	for (size_t i = 0; i < own_count; i++)
		jtree_add(all, show_other(own[i].name, own[i].description,
					  false, true, own[i].hookable));
	add_wildcards(c, all, list, n);
	response_json(c->response, 200, all);
	return ERR_OK;
}

/* ---- an own action ---- */

struct action_form {
	struct call *call;
	struct store_action_change change;
};

static void read_action_description(struct field_errors *errors,
				    const char *name, const struct jtree *v,
				    void *arg)
{
	struct action_form *f = arg;

	f->change.description =
		body_description(errors, name, v, f->call->arena);
}

/* As it stands in the body, byte for byte. */
static void read_action_example(struct field_errors *errors, const char *name,
				const struct jtree *v, void *arg)
{
	struct action_form *f = arg;
	const struct buf *body = &f->call->request->body;
	size_t start, n;

	f->change.no_example = jtree_is_null(v);
	if (f->change.no_example)
		return;
	if (!jtree_is_object(v))
		field_errors_add(errors, name, "must be an object");
	else if (!jscan_member(body->data, body->len, name, &start, &n))
		return;
	else if (n > STORE_ACTION_EXAMPLE_MAX)
		field_errors_add(errors, name,
				 arena_printf(f->call->arena,
					      "is longer than %d bytes",
					      STORE_ACTION_EXAMPLE_MAX));
	else
		f->change.example = arena_printf(f->call->arena, "%.*s", (int)n,
						 body->data + start);
}

static const struct body_member members[] = {
	{"description", read_action_description, BODY_OPTIONAL},
	{"example", read_action_example, BODY_OPTIONAL},
};

static const struct body_schema schema = {.member = members,
					  .count = COUNT(members)};

static enum err refuse_more_actions(struct call *c)
{
	response_problem(c->response, 403,
			 "The organization has %d actions of its own, or %d "
			 "with those removed within the last 8 days, which is "
			 "the limit.",
			 STORE_ACTION_OWN_MAX, STORE_ACTION_KEPT_MAX);
	return ERR_INVALID;
}

static enum err answer_own(struct call *c, const char *name, bool made)
{
	struct store_action action;
	enum err e = store_action_get(c->store, c->arena, &c->key.org.id, name,
				      &action);

	if (!e)
		response_json(c->response, made ? 201 : 200,
			      view_action(&action));
	return e; /* ERR_NOT_FOUND: removed meanwhile */
}

enum err api_action_put(struct call *c)
{
	struct action_form f = {
		.call = c,
		.change = {.org = &c->key.org.id, .name = c->arg[0]}};
	const char *why = action_name_check(c->arg[0]);
	bool made;
	enum err e;

	if (why) {
		response_problem(c->response, 400, "The name %s.", why);
		return ERR_INVALID;
	}
	e = body_read(c, &schema, &f);
	if (!e)
		e = store_action_put(c->store, &f.change, &made);
	if (e == ERR_LIMIT)
		return refuse_more_actions(c);
	return e ? e : answer_own(c, c->arg[0], made);
}

enum err api_action_delete(struct call *c)
{
	enum err e = store_action_remove(c->store, &c->key.org.id, c->arg[0]);

	if (!e)
		response_empty(c->response, 204);
	return e;
}
