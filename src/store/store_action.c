/* SPDX-License-Identifier: MIT */
/*
 * store_action: two owners in one table: the organization, and the id of zeros,
 * which is the installation.
 */
#include "store/store_action.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "rules/action.h"
#include "rules/match.h"
#include "store/store.h"
#include "store/store_col.h"

static const struct id installation;

static struct db_value owner(const struct id *org)
{
	return store_col_of(org ? org : &installation);
}

/* ---- reading ---- */

static struct store_action read_action(struct db_stmt *q, struct arena *arena)
{
	struct id of = store_col_id(q, 0);

	return (struct store_action){
		.name = store_col_text(q, 1, arena),
		.description = store_col_text(q, 2, arena),
		.example = store_col_text_null(q, 3, arena),
		.own = !id_equal(&of, &installation),
	};
}

static bool follows(const struct store_action *list, size_t n, const char *name)
{
	return n && strcmp(list[n - 1].name, name) == 0;
}

/* The installation's action comes first, and is replaced. */
enum err store_action_list(struct store *s, struct arena *arena,
			   const struct id *org, struct store_action **list,
			   size_t *count)
{
	struct store_action *all;
	struct db_stmt *q;
	size_t n = 0;
	enum err e = db_query(s->db,
			      "SELECT organization, name, description, example "
			      "FROM vh_actions WHERE organization IN (?, ?) "
			      "AND until IS NULL ORDER BY name, organization",
			      DB_ARGS(owner(NULL), owner(org)), &q);

	if (e)
		return e;
	all = arena_alloc(arena, (db_rows(q) + 1) * sizeof(*all));
	while (db_next(q)) {
		struct store_action a = read_action(q, arena);

		n -= follows(all, n, a.name);
		all[n++] = a;
	}
	*list = all;
	*count = n;
	return ERR_OK;
}

enum err store_action_get(struct store *s, struct arena *arena,
			  const struct id *org, const char *name,
			  struct store_action *out)
{
	struct db_stmt *q;
	enum err e = db_query(s->db,
			      "SELECT organization, name, description, example "
			      "FROM vh_actions WHERE organization = ? AND "
			      "name = ? AND until IS NULL",
			      DB_ARGS(owner(org), db_text(name)), &q);

	if (e)
		return e;
	if (!db_next(q))
		return ERR_NOT_FOUND;
	*out = read_action(q, arena);
	return ERR_OK;
}

static void mark_listed(const char *const *names, size_t n, bool *listed,
			const char *found)
{
	for (size_t i = 0; i < n; i++)
		listed[i] = listed[i] || strcmp(names[i], found) == 0;
}

static enum err find_listed_part(struct store *s, const struct id *org,
				 const char *const *names, size_t n,
				 bool *listed)
{
	struct db_value list[DB_LIST_MAX];
	struct db_stmt *q;
	enum err e;

	for (size_t i = 0; i < n; i++) {
		list[i] = db_text(names[i]);
		listed[i] = false;
	}
	e = db_query_list(s->db,
			  "SELECT DISTINCT name FROM vh_actions WHERE "
			  "organization IN (?, ?) AND until IS NULL AND "
			  "name IN ({?})",
			  DB_ARGS(owner(NULL), owner(org)), list, n, &q);
	while (!e && db_next(q))
		mark_listed(names, n, listed, db_col_text(q, 0));
	return e;
}

enum err store_action_listed(struct store *s, const struct id *org,
			     const char *const *names, size_t n, bool *listed)
{
	enum err e = ERR_OK;

	if (conf_any_action(s->conf)) {
		memset(listed, true, n * sizeof(*listed));
		return ERR_OK;
	}
	for (size_t at = 0, part; !e && at < n; at += part) {
		part = n - at < DB_LIST_MAX ? n - at : DB_LIST_MAX;
		e = find_listed_part(s, org, names + at, part, listed + at);
	}
	return e;
}

/* "a.b.*" has all names from "a.b." to "a.b/", which is not among them: '/' is
 * the byte after '.'. */
static enum err find_prefix(struct store *s, const struct id *org,
			    const char *wildcard, bool *out)
{
	char first[ACTION_NAME_MAX + 1], end[ACTION_NAME_MAX + 1];
	size_t n = strlen(wildcard) - 1;
	struct db_stmt *q;
	enum err e;

	snprintf(first, sizeof(first), "%.*s", (int)n, wildcard);
	snprintf(end, sizeof(end), "%.*s/", (int)n - 1, wildcard);
	e = db_query(s->db,
		     "(SELECT 1 FROM vh_actions WHERE organization = ? AND "
		     "name > ? AND name < ? AND until IS NULL LIMIT 1) "
		     "UNION ALL "
		     "(SELECT 1 FROM vh_actions WHERE organization = ? AND "
		     "name > ? AND name < ? AND until IS NULL LIMIT 1)",
		     DB_ARGS(owner(NULL), db_text(first), db_text(end),
			     owner(org), db_text(first), db_text(end)),
		     &q);
	if (!e)
		*out = db_rows(q) > 0;
	return e;
}

enum err store_action_hookable(struct store *s, const struct id *org,
			       const char *name, bool *out)
{
	*out = action_hookable(name);
	if (!*out || action_always_hookable(name) || conf_any_action(s->conf))
		return ERR_OK;
	return action_wildcard(name)
		       ? find_prefix(s, org, name, out)
		       : store_action_listed(s, org, &name, 1, out);
}

/* The nearest word so far, and the text that it is kept in. */
struct near {
	struct nearest nearest;
	char best[ACTION_NAME_MAX + 1];
};

static void try_near(struct near *n, const char *word)
{
	nearest_try(&n->nearest, word);
	if (n->nearest.best != word)
		return;
	snprintf(n->best, sizeof(n->best), "%s", word);
	n->nearest.best = n->best;
}

static void try_hookable(struct near *near, const char *action)
{
	struct match_names names;

	match_names(&names, action);
	for (size_t i = 1; i < names.count; i++)
		try_near(near, names.name[i]);
}

static void try_operational(struct near *near)
{
	size_t n;
	const struct action *list = action_operationals(&n);

	for (size_t i = 0; i < n; i++)
		if (list[i].hookable)
			try_near(near, list[i].name);
}

enum err store_action_unlisted(struct store *s, const struct id *org,
			       const char *name, bool hook,
			       char why[ACTION_WHY_SIZE])
{
	struct near near = {.best = ""};
	struct db_stmt *q;
	enum err e = db_query(s->db,
			      "SELECT name FROM vh_actions WHERE organization "
			      "IN (?, ?) AND until IS NULL ORDER BY name",
			      DB_ARGS(owner(NULL), owner(org)), &q);

	if (e)
		return e;
	nearest_init(&near.nearest, name);
	if (hook)
		try_operational(&near);
	while (db_next(q)) {
		try_near(&near, db_col_text(q, 0));
		if (hook)
			try_hookable(&near, db_col_text(q, 0));
	}
	snprintf(why, ACTION_WHY_SIZE,
		 "is not in the catalogue%s%s%s; GET /v2/actions lists it",
		 *near.best ? " (did you mean " : "", near.best,
		 *near.best ? "?)" : "");
	return ERR_OK;
}

enum err store_action_check(struct store *s, const struct id *org,
			    const char *name, char why[ACTION_WHY_SIZE])
{
	const char *form = action_name_check(name);
	bool listed;
	enum err e;

	snprintf(why, ACTION_WHY_SIZE, "%s", form ? form : "");
	if (form)
		return ERR_OK;
	e = store_action_listed(s, org, &name, 1, &listed);
	return e || listed ? e
			   : store_action_unlisted(s, org, name, false, why);
}

enum err store_action_check_hook(struct store *s, const struct id *org,
				 const char *name, char why[ACTION_WHY_SIZE])
{
	bool ok = false;
	enum err e = store_action_hookable(s, org, name, &ok);

	*why = '\0';
	return e || ok ? e : store_action_unlisted(s, org, name, true, why);
}

/* ---- writing ---- */

struct put {
	struct store *s;
	const struct store_action_change *change;
	bool made;
};

/* A second one that adds at the same time waits until this one is done. */
static enum err check_own_limit(struct store *s, const struct id *org)
{
	struct db_stmt *q;
	enum err e = db_query(s->db,
			      "SELECT until IS NULL FROM vh_actions WHERE "
			      "organization = ? FOR UPDATE",
			      DB_ARGS(owner(org)), &q);
	size_t listed = 0;

	while (!e && db_next(q))
		listed += db_col_int(q, 0) != 0;
	if (!e && (listed >= STORE_ACTION_OWN_MAX ||
		   db_rows(q) >= STORE_ACTION_KEPT_MAX))
		e = ERR_LIMIT;
	return e;
}

/* Removes for good what was removed long ago, or is added again. */
static enum err remove_old(struct store *s, const struct store_action_change *c)
{
	return db_exec(s->db,
		       "DELETE FROM vh_actions WHERE organization = ? AND "
		       "(until < UTC_TIMESTAMP(6) - INTERVAL 8 DAY OR "
		       "(name = ? AND until IS NOT NULL))",
		       DB_ARGS(owner(c->org), db_text(c->name)));
}

static enum err add_action(struct store *s, const struct store_action_change *c)
{
	const char *description = c->description ? c->description : "";
	enum err e = remove_old(s, c);

	if (!e && c->org)
		e = check_own_limit(s, c->org);
	return e ? e
		 : db_exec(s->db,
			   "INSERT INTO vh_actions (organization, name, "
			   "description, example, created_at, updated_at) "
			   "VALUES (?, ?, ?, ?, UTC_TIMESTAMP(3), "
			   "UTC_TIMESTAMP(3))",
			   DB_ARGS(owner(c->org), db_text(c->name),
				   db_text(description), db_text(c->example)));
}

static enum err put_action_body(struct db *db, void *arg)
{
	struct put *p = arg;
	const struct store_action_change *c = p->change;
	enum err e = db_exec(
		db,
		"UPDATE vh_actions SET description = COALESCE(?, description), "
		"example = IF(?, NULL, COALESCE(?, example)), "
		"updated_at = UTC_TIMESTAMP(3) WHERE organization = ? AND "
		"name = ? AND until IS NULL",
		DB_ARGS(db_text(c->description), db_int(c->no_example),
			db_text(c->example), owner(c->org), db_text(c->name)));

	p->made = !e && !db_affected(db);
	return p->made ? add_action(p->s, c) : e;
}

enum err store_action_put(struct store *s,
			  const struct store_action_change *change, bool *made)
{
	struct put p = {s, change, false};
	enum err e = db_tx(s->db, DB_REPEAT, put_action_body, &p);

	/* Somebody else added it at the same moment. */
	if (e == ERR_CONFLICT)
		e = db_tx(s->db, DB_REPEAT, put_action_body, &p);
	if (!e)
		*made = p.made;
	return e;
}

enum err store_action_remove(struct store *s, const struct id *org,
			     const char *name)
{
	enum err e = db_exec(s->db,
			     "UPDATE vh_actions SET until = UTC_TIMESTAMP(6) "
			     "WHERE organization = ? AND name = ? AND "
			     "until IS NULL",
			     DB_ARGS(owner(org), db_text(name)));

	return !e && !db_affected(s->db) ? ERR_NOT_FOUND : e;
}
