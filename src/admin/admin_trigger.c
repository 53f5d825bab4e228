/* SPDX-License-Identifier: MIT */
/*
 * admin_trigger: hooks-admin trigger: the SQL of a trigger, for an application
 * that nobody can change. It is printed, and run by whoever may.
 *
 * Everything is checked that the server would check only when the trigger is
 * at work, where a failure loses the event.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "admin/admin.h"
#include "base/log.h"
#include "base/nearest.h"
#include "rules/identifier.h"
#include "store/store_action.h"
#include "store/store_table.h"
#include "store/trigger.h"

enum {
	COLUMNS_MAX = 4096, /* of a table */
	WHAT_SIZE = 320
};

static const struct {
	enum admin_option option;
	const char *name;
} expressions[TRIGGER_EXTRA_MAX] = {
	[TRIGGER_USER] = {ADMIN_USER, "--user"},
	[TRIGGER_DELIVER_AT] = {ADMIN_DELIVER_AT, "--deliver-at"},
	[TRIGGER_EXPIRES_AT] = {ADMIN_EXPIRES_AT, "--expires-at"},
	[TRIGGER_REPLACE_KEY] = {ADMIN_REPLACE_KEY, "--replace-key"},
	[TRIGGER_CANCELS] = {ADMIN_CANCELS, "--cancels"},
};

/* ---- the command line ---- */

static enum err read_trigger_options(struct admin *a, struct trigger *t)
{
	const char *on = a->option[ADMIN_ON];

	if (!a->option[ADMIN_TABLE] || !a->option[ADMIN_ACTION] ||
	    !a->option[ADMIN_ORG])
		return admin_usage("--table, --action and --org are needed",
				   "");
	if (on && !trigger_event_parse(on, &t->event))
		return admin_usage("--on must be insert, update or delete", on);
	t->action = a->option[ADMIN_ACTION];
	t->when = a->option[ADMIN_WHEN];
	t->strict = a->option[ADMIN_STRICT] != NULL;
	t->outbox = a->conf.database.name;
	for (size_t x = 0; x < TRIGGER_EXTRA_MAX; x++)
		t->extra[x] = a->option[expressions[x].option];
	return ERR_OK;
}

/* A table without its database is one of the configured database. */
static enum err read_table_name(struct admin *a, struct trigger *t)
{
	const char *name[2];
	size_t n;

	if (!identifier_list(a->option[ADMIN_TABLE], '.', &a->arena, name, 2,
			     &n))
		return admin_invalid("--table", "must be TABLE or "
						"DATABASE.TABLE, names with "
						"other letters in backticks");
	t->schema = n == 2 ? name[0] : a->conf.database.name;
	t->table = name[n - 1];
	if (strcmp(t->schema, a->conf.database.name) == 0 &&
	    strncasecmp(t->table, "vh_", 3) == 0)
		return admin_invalid("--table", "is one of this service's own");
	return ERR_OK;
}

static enum err check_trigger_action(struct admin *a, const struct trigger *t)
{
	char why[ACTION_WHY_SIZE];
	enum err e =
		store_action_check(&a->store, &t->organization, t->action, why);

	return !e && *why ? admin_invalid("--action", why) : e;
}

/* ---- columns ---- */

static enum err no_such_column(const struct trigger_column *all, size_t n,
			       const char *name)
{
	struct nearest near;
	char what[WHAT_SIZE];

	nearest_init(&near, name);
	for (size_t i = 0; i < n; i++)
		nearest_try(&near, all[i].name);
	snprintf(what, sizeof(what), "%s%s%s", name,
		 near.best ? "; nearest: " : "", near.best ? near.best : "");
	return admin_missing("column", what);
}

static bool is_chosen(const struct trigger_column *list, size_t n,
		      const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].name, name) == 0)
			return true;
	return false;
}

/* As the server does, without regard to case. */
static enum err choose_one(struct trigger_column *chosen, size_t *count,
			   const struct trigger_column *all, size_t n,
			   const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcasecmp(all[i].name, name) != 0)
			continue;
		if (is_chosen(chosen, *count, all[i].name))
			return admin_invalid("--columns",
					     "names a column twice");
		chosen[(*count)++] = all[i];
		return ERR_OK;
	}
	return no_such_column(all, n, name);
}

static enum err choose_named(struct admin *a, struct trigger_column *chosen,
			     size_t *count, const struct trigger_column *all,
			     size_t n)
{
	const char *name[COLUMNS_MAX];
	size_t names;
	enum err e = ERR_OK;

	if (!identifier_list(a->option[ADMIN_COLUMNS], ',', &a->arena, name,
			     COLUMNS_MAX, &names))
		return admin_invalid("--columns",
				     "must be names with commas between, those "
				     "with other letters in backticks");
	for (size_t i = 0; i < names && !e; i++)
		e = choose_one(chosen, count, all, n, name[i]);
	return e;
}

/* Pictures and files have no place in a notification, unless they are named. */
static enum err choose_all(struct trigger_column *chosen, size_t *count,
			   const struct trigger_column *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (all[i].kind != TRIGGER_BLOB)
			chosen[(*count)++] = all[i];
	return *count ? ERR_OK
		      : admin_invalid("--table",
				      "has BLOB columns only: name them in "
				      "--columns");
}

static enum err choose_columns(struct admin *a, struct trigger *t)
{
	struct trigger_column *all, *chosen;
	size_t n;
	bool view;
	enum err e = store_table_columns(&a->store, &a->arena, t->schema,
					 t->table, &all, &n, &view);

	if (e == ERR_NOT_FOUND)
		return admin_missing(
			"table, or the database user of the "
			"configuration has no right on it",
			arena_printf(&a->arena, "%s.%s", t->schema, t->table));
	if (e)
		return e;
	if (view)
		return admin_invalid("--table", "is a view, which can have no "
						"trigger");
	chosen = arena_alloc(&a->arena, n * sizeof(*chosen));
	t->columns = chosen;
	return a->option[ADMIN_COLUMNS]
		       ? choose_named(a, chosen, &t->count, all, n)
		       : choose_all(chosen, &t->count, all, n);
}

/* ---- expressions ---- */

static enum err try_expression(struct admin *a, const struct trigger *t,
			       const char *option, const char *text)
{
	enum err e = text ? store_table_try(&a->store, t, text) : ERR_OK;

	if (e == ERR_INVALID)
		return admin_invalid(option, db_error_text(a->store.db));
	if (e != ERR_CONFIG)
		return e;
	log_warn("%s could not be tried: %s", option,
		 db_error_text(a->store.db));
	return ERR_OK;
}

static enum err try_expressions(struct admin *a, const struct trigger *t)
{
	enum err e = try_expression(a, t, "--when", t->when);

	for (size_t x = 0; x < TRIGGER_EXTRA_MAX && !e; x++)
		e = try_expression(a, t, expressions[x].name, t->extra[x]);
	return e;
}

/* ---- the command ---- */

static void answer_trigger(struct admin *a, const struct trigger *t)
{
	char name[TRIGGER_NAME_SIZE];
	struct jtree *v;
	struct buf sql;

	a->exact = true;
	if (!a->json) {
		trigger_write(&a->out, t);
		return;
	}
	buf_init(&sql, a->out.max);
	trigger_write(&sql, t);
	trigger_name(name, t);
	v = jtree_object();
	jtree_put_string(v, "trigger", name);
	jtree_put_string_len(v, "sql", sql.data, sql.len);
	admin_json(a, v);
	buf_release(&sql);
}

enum err admin_trigger(struct admin *a)
{
	struct trigger t = {.event = TRIGGER_INSERT};
	enum err e = read_trigger_options(a, &t);

	if (!e)
		e = read_table_name(a, &t);
	if (!e)
		e = admin_org(a, a->option[ADMIN_ORG], &t.organization);
	if (!e)
		e = check_trigger_action(a, &t);
	if (!e)
		e = choose_columns(a, &t);
	if (!e)
		e = try_expressions(a, &t);
	if (!e)
		answer_trigger(a, &t);
	return e;
}
