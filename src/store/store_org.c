/* SPDX-License-Identifier: MIT */
/*
 * store_org: rows of `vh_organizations`.
 */
#include "store/store_org.h"

#include <stdio.h>
#include "base/mem.h"
#include "store/store.h"
#include "store/store_col.h"

/* The columns of read_org(), in its order. */
#define COLUMNS "id, name, created_at, updated_at"

static void read_org(struct db_stmt *q, struct store_org *org)
{
	org->id = store_col_id(q, 0);
	snprintf(org->name, sizeof(org->name), "%s", db_col_text(q, 1));
	org->created_at = db_col_time(q, 2);
	org->updated_at = db_col_time(q, 3);
}

enum err store_org_create(struct store *s, const char *name,
			  struct store_org *out)
{
	struct store_org org;
	enum err e;

	e = store_now(s, &org.created_at);
	if (e)
		return e;
	id_new(&org.id, org.created_at);
	org.updated_at = org.created_at;
	snprintf(org.name, sizeof(org.name), "%s", name);
	e = db_exec(s->db,
		    "INSERT INTO vh_organizations (" COLUMNS ") "
		    "VALUES (?, ?, ?, ?)",
		    DB_ARGS(store_col_of(&org.id), db_text(org.name),
			    db_time(org.created_at), db_time(org.updated_at)));
	/* A random id that exists already is our own first try, whose answer
	 * was lost with the connection. */
	if (e && e != ERR_CONFLICT)
		return e;
	*out = org;
	return ERR_OK;
}

enum err store_org_find(struct store *s, const struct id *id,
			struct store_org *out)
{
	struct db_stmt *q;
	enum err e = db_query(
		s->db, "SELECT " COLUMNS " FROM vh_organizations WHERE id = ?",
		DB_ARGS(store_col_of(id)), &q);

	if (e)
		return e;
	e = ERR_NOT_FOUND;
	while (db_next(q)) {
		read_org(q, out);
		e = ERR_OK;
	}
	return e;
}

/* The organization of a row that was created in this second. */
static enum err find_of(struct store *s, const char *sql, uint64_t key,
			int64_t created_s, struct id *out)
{
	struct db_stmt *q;
	enum err e = db_query(s->db, sql, DB_ARGS(db_uint(key)), &q);

	if (e)
		return e;
	e = ERR_NOT_FOUND;
	while (db_next(q)) {
		if (db_col_time(q, 1) / 1000 != created_s)
			continue;
		*out = store_col_id(q, 0);
		e = ERR_OK;
	}
	return e;
}

enum err store_org_of_hook(struct store *s, const struct id *hook,
			   struct id *out)
{
	int64_t created_s;
	uint64_t key;

	if (!store_key(s, hook, ID_HOOK, &key, &created_s))
		return ERR_NOT_FOUND;
	return find_of(s,
		       "SELECT organization, created_at FROM vh_hooks "
		       "WHERE id = ? AND deleted_at IS NULL",
		       key, created_s, out);
}

enum err store_org_of_delivery(struct store *s, const struct id *delivery,
			       struct id *out)
{
	int64_t created_s;
	uint64_t key;

	if (!store_key(s, delivery, ID_DELIVERY, &key, &created_s))
		return ERR_NOT_FOUND;
	return find_of(s,
		       "SELECT organization, created_at FROM vh_deliveries "
		       "WHERE id = ?",
		       key, created_s, out);
}

enum err store_org_list(struct store *s, struct arena *arena,
			struct store_org **list, size_t *count)
{
	struct store_org *orgs;
	size_t n = 0;
	struct db_stmt *q;
	enum err e = db_query(s->db,
			      "SELECT " COLUMNS
			      " FROM vh_organizations ORDER BY created_at, id",
			      DB_NONE, &q);

	if (e)
		return e;
	orgs = arena_alloc(arena, db_rows(q) * sizeof(*orgs));
	while (db_next(q))
		read_org(q, &orgs[n++]);
	*list = orgs;
	*count = n;
	return ERR_OK;
}
