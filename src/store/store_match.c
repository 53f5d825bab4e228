/* SPDX-License-Identifier: MIT */
/*
 * store_match: pairs of organization and name, looked up together, then
 * compared here.
 */
#include "store/store_match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "rules/match.h"
#include "store/store.h"
#include "store/store_col.h"
#include "store/store_hook.h"

enum {
	/* In one statement. From 1000 on MariaDB makes a table of the list. */
	PAIRS = 512,
	PURGE_STEP = 500
};

/* ---- what a hook wants ---- */

/* The new rows first: a moment that belongs to both is better than one that
 * belongs to neither. */
enum err store_match_begin(struct store *s, const struct store_hook *h)
{
	enum err e = db_exec(
		s->db,
		"INSERT INTO vh_hook_actions (organization, name, hook_id, "
		"version, user, since) VALUES "
		"(?, ?, ?, ?, ?, UTC_TIMESTAMP(6))",
		DB_ARGS(store_col_of(&h->organization), db_text(h->action),
			db_uint(h->key), db_uint(h->version),
			db_text(h->user)));
	if (!e)
		e = db_exec(s->db,
			    "UPDATE vh_hook_actions SET until = "
			    "UTC_TIMESTAMP(6) WHERE hook_id = ? AND "
			    "version < ? AND until IS NULL",
			    DB_ARGS(db_uint(h->key), db_uint(h->version)));
	return e;
}

enum err store_match_end(struct store *s, const uint64_t *hooks, size_t n)
{
	struct db_value list[DB_LIST_MAX];

	db_uints(list, hooks, n);
	return db_exec_list(s->db,
			    "DELETE FROM vh_hook_actions WHERE "
			    "hook_id IN ({?})",
			    DB_NONE, list, n);
}

/* A row that is taken over counts as accepted at most seven days before. */
enum err store_match_purge(struct store *s)
{
	uint64_t hook[PURGE_STEP];
	struct db_stmt *q;
	size_t n = 0;
	enum err e = db_query(
		s->db,
		"SELECT DISTINCT a.hook_id FROM vh_hook_actions a "
		"FORCE INDEX (until) WHERE a.until < UTC_TIMESTAMP(6) - "
		"INTERVAL 8 DAY AND (SELECT 1 FROM vh_notifications n "
		"FORCE INDEX (state) WHERE n.state = 'queued' AND "
		"n.organization = a.organization LIMIT 1) IS NULL AND "
		"(SELECT 1 FROM vh_scheduled w FORCE INDEX (due) WHERE "
		"w.deliver_at < UTC_TIMESTAMP(6) - INTERVAL 7 DAY LIMIT 1) "
		"IS NULL LIMIT ?",
		DB_ARGS(db_int(PURGE_STEP)), &q);

	if (!e)
		store_col_keys(q, hook, &n);
	for (size_t i = 0; !e && i < n; i++)
		e = db_exec(s->db,
			    "DELETE FROM vh_hook_actions WHERE hook_id = ? AND "
			    "until < UTC_TIMESTAMP(6) - INTERVAL 8 DAY",
			    DB_ARGS(db_uint(hook[i])));
	return e;
}

enum err store_match_mend(struct store *s)
{
	enum err e = db_exec(s->db,
			     "UPDATE vh_hook_actions FORCE INDEX (since) SET "
			     "since = '1970-01-02' WHERE "
			     "since > UTC_TIMESTAMP(6)",
			     DB_NONE);

	if (!e)
		e = db_exec(s->db,
			    "UPDATE vh_hook_actions FORCE INDEX (until) SET "
			    "until = UTC_TIMESTAMP(6) WHERE "
			    "until > UTC_TIMESTAMP(6)",
			    DB_NONE);
	return e;
}

/* ---- pairs ---- */

struct pair {
	struct id organization;
	char name[MATCH_NAME_SIZE];
};

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int order = memcmp(x->organization.b, y->organization.b,
			   sizeof(x->organization.b));

	return order ? order : strcmp(x->name, y->name);
}

/* All pairs, each once. */
static struct pair *list_pairs(struct arena *arena,
			       const struct store_matched *list, size_t n,
			       size_t *count)
{
	struct match_names names;
	struct pair *pairs;
	size_t all = 0, kept = 0;

	for (size_t i = 0; i < n; i++) {
		match_names(&names, list[i].action);
		all += names.count;
	}
	pairs = arena_alloc(arena, (all + 1) * sizeof(*pairs));
	all = 0;
	for (size_t i = 0; i < n; i++) {
		match_names(&names, list[i].action);
		for (size_t j = 0; j < names.count; j++) {
			struct pair *p = &pairs[all++];

			p->organization = list[i].organization;
			memcpy(p->name, names.name[j], MATCH_NAME_SIZE);
		}
	}
	qsort(pairs, all, sizeof(*pairs), compare_pairs);
	for (size_t i = 0; i < all; i++)
		if (!i || compare_pairs(&pairs[i], &pairs[kept - 1]) != 0)
			pairs[kept++] = pairs[i];
	*count = kept;
	return pairs;
}

/* ---- wants ---- */

struct want {
	struct pair pair;
	uint64_t hook;
	bool ordered;
	struct match_want match;
};

struct wants {
	struct want *list;
	size_t count, room;
	bool ordered; /* one of them is */
};

static int compare_wants(const void *a, const void *b)
{
	const struct want *x = a, *y = b;

	return compare_pairs(&x->pair, &y->pair);
}

static void read_wants(struct db_stmt *q, struct arena *arena,
		       struct wants *wants)
{
	while (db_next(q)) {
		struct want *w;

		if (wants->count == wants->room) {
			wants->room = wants->room ? wants->room * 2 : 64;
			wants->list =
				xrealloc(wants->list, wants->room * sizeof(*w));
		}
		w = &wants->list[wants->count++];
		w->pair.organization = store_col_id(q, 0);
		snprintf(w->pair.name, sizeof(w->pair.name), "%s",
			 db_col_text(q, 1));
		w->hook = db_col_uint(q, 2);
		w->ordered = db_col_int(q, 6) != 0;
		wants->ordered |= w->ordered;
		w->match = (struct match_want){
			.user = store_col_text_null(q, 3, arena),
			.since = db_col_null(q, 4) ? MATCH_ALWAYS
						   : db_col_int(q, 4),
			.until = db_col_null(q, 5) ? MATCH_NOW
						   : db_col_int(q, 5),
		};
	}
}

/* The index is forced, and the columns are compared as they are stored, so that
 * each pair is one range of it. A beginning in the future was written while the
 * clock was ahead. */
static enum err find_wants(struct store *s, struct arena *arena,
			   const struct pair *pairs, size_t n,
			   struct wants *wants)
{
	struct db_value list[PAIRS * 2];
	struct db_stmt *q;
	enum err e;

	for (size_t i = 0; i < n; i++) {
		list[2 * i] = store_col_of(&pairs[i].organization);
		list[2 * i + 1] = db_text(pairs[i].name);
	}
	e = db_query_rows(s->db,
			  "SELECT a.organization, a.name, a.hook_id, a.user, "
			  "IF(since > UTC_TIMESTAMP(6), NULL, "
			  "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', since)), "
			  "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', until), "
			  "h.ordered FROM vh_hook_actions a "
			  "FORCE INDEX (PRIMARY) LEFT JOIN vh_hooks h "
			  "FORCE INDEX (PRIMARY) ON h.id = a.hook_id "
			  "WHERE (a.organization, a.name) IN ({(?, ?)})",
			  list, n, 2, &q);
	if (!e)
		read_wants(q, arena, wants);
	return e;
}

/* ---- matching ---- */

static const struct want *first_of(const struct wants *wants,
				   const struct pair *pair)
{
	size_t low = 0, high = wants->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_pairs(&wants->list[middle].pair, pair) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return wants->list + low;
}

/* Adds the hooks that want the notification under this name, all of them or
 * only those that are ordered. */
static void add_hooks(const struct wants *wants, const struct store_matched *m,
		      const char *name, bool ordered, uint64_t *hooks,
		      size_t *count)
{
	const struct want *end = wants->list + wants->count;
	struct pair pair = {.organization = m->organization};

	snprintf(pair.name, sizeof(pair.name), "%s", name);
	for (const struct want *w = first_of(wants, &pair);
	     w < end && compare_pairs(&w->pair, &pair) == 0; w++)
		if (w->ordered >= ordered &&
		    match_fits(&w->match, m->accepted_at, m->user))
			hooks[(*count)++] = w->hook;
}

/* Ascending, each once; returns their number. */
static size_t fitting_hooks(const struct wants *wants,
			    const struct store_matched *m, bool ordered,
			    uint64_t *hooks)
{
	struct match_names names;
	size_t count = 0;

	match_names(&names, m->action);
	for (size_t i = 0; i < names.count; i++)
		add_hooks(wants, m, names.name[i], ordered, hooks, &count);
	return store_col_sort(hooks, count);
}

/* `hooks`: room for all wants. */
static void find_hooks_of(struct arena *arena, const struct wants *wants,
			  struct store_matched *m, uint64_t *hooks)
{
	size_t n = fitting_hooks(wants, m, false, hooks);

	m->hooks = arena_memdup(arena, hooks, n * sizeof(*hooks));
	m->hook_count = n;
	n = wants->ordered ? fitting_hooks(wants, m, true, hooks) : 0;
	m->ordered = arena_memdup(arena, hooks, n * sizeof(*hooks));
	m->ordered_count = n;
}

static void find_hooks(struct arena *arena, struct wants *wants,
		       struct store_matched *list, size_t n)
{
	uint64_t *hooks = xmalloc((wants->count + 1) * sizeof(*hooks));

	if (wants->count)
		qsort(wants->list, wants->count, sizeof(*wants->list),
		      compare_wants);
	for (size_t i = 0; i < n; i++)
		find_hooks_of(arena, wants, &list[i], hooks);
	free(hooks);
}

enum err store_match_find(struct store *s, struct arena *arena,
			  struct store_matched *list, size_t n)
{
	struct wants wants = {0};
	size_t count, part;
	const struct pair *pairs = list_pairs(arena, list, n, &count);
	enum err e = ERR_OK;

	for (size_t at = 0; !e && at < count; at += part) {
		part = count - at < PAIRS ? count - at : PAIRS;
		e = find_wants(s, arena, pairs + at, part, &wants);
	}
	if (!e)
		find_hooks(arena, &wants, list, n);
	free(wants.list);
	return e;
}
