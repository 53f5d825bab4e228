/* SPDX-License-Identifier: MIT */
/*
 * store_walk: the loop over the looks.
 */
#include "store/store_walk.h"

#include "base/mem.h"
#include "base/text.h"
#include "store/store.h"
#include "store/store_col.h"
#include "store/store_seek.h"

enum { LOOK_MAX = 5000 };

enum err store_walk_begin(struct store_walk *w, const char *cursor)
{
	w->below = ID_SERIAL_MAX;
	if (!w->f->after)
		return ERR_OK;
	return store_cursor(w->s, cursor, w->organization, w->f->after, w->kind,
			    &w->below);
}

enum err store_walk_only(const struct store_walk *w, const char *sql,
			 const struct id *id, enum id_kind kind, uint64_t *key)
{
	struct db_stmt *q;
	int64_t created_s;
	uint64_t k;
	enum err e;

	if (!store_key(w->s, id, kind, &k, &created_s))
		return ERR_NOT_FOUND;
	e = db_query(w->s->db, sql,
		     DB_ARGS(db_uint(k), store_col_of(w->organization)), &q);
	if (e)
		return e;
	e = ERR_NOT_FOUND;
	while (db_next(q))
		if (db_col_time(q, 0) / 1000 == created_s)
			e = ERR_OK;
	if (!e)
		*key = k;
	return e;
}

enum err store_walk_until(struct store_walk *w, const char *after_key,
			  struct db_value of)
{
	uint64_t key;
	enum err e;

	if (w->f->until == TIME_NONE)
		return ERR_OK;
	e = store_seek(w->s, after_key, of, w->f->until + STORE_SEEK_SLACK,
		       &key);
	if (!e && key + 1 < w->below)
		w->below = key + 1;
	return e;
}

/* How many rows to look at first: one page, if all rows are wanted. */
static size_t first_look(const struct store_filter *f)
{
	bool narrow = *f->state || *f->action || f->since != TIME_NONE ||
		      f->until != TIME_NONE;

	return narrow ? f->limit * 4 + 100 : f->limit + 1;
}

/* One row; false: the walk is over. */
static bool take(struct store_walk *w, struct db_stmt *q, uint64_t *key,
		 int64_t *at)
{
	*key = db_col_uint(q, 0);
	*at = db_col_time(q, 1);
	if (w->f->since != TIME_NONE && *at < w->f->since - STORE_SEEK_SLACK)
		return false;
	if (!db_col_int(q, 2))
		return true;
	if (w->count == w->f->limit) {
		w->more = true;
		return false;
	}
	w->key[w->count++] = *key;
	return true;
}

enum err store_walk(struct arena *arena, struct store_walk *w)
{
	size_t rows = first_look(w->f), looked = 0;
	bool over = false;

	w->key = arena_alloc(arena, w->f->limit * sizeof(*w->key));
	w->count = 0;
	w->more = false;
	w->last = w->below;
	while (!over) {
		struct db_stmt *q;
		enum err e = w->look(w->arg, w->last, rows, &q);

		if (e)
			return e;
		over = db_rows(q) < rows;
		while (db_next(q)) {
			uint64_t key;
			int64_t at;

			if (!take(w, q, &key, &at))
				return ERR_OK;
			w->last = key;
			w->last_at = at;
		}
		looked += rows;
		if (!over && looked >= STORE_WALK_ROWS)
			over = w->more = true;
		rows = rows * 2 < LOOK_MAX ? rows * 2 : LOOK_MAX;
	}
	return ERR_OK;
}

void store_walk_end(const struct store_walk *w, struct store_more *more)
{
	more->more = w->more;
	if (w->more)
		store_id(w->s, &more->after, w->kind, w->last_at, w->last);
}

enum err store_cursor(struct store *s, const char *sql,
		      const struct id *organization, const struct id *id,
		      enum id_kind kind, uint64_t *key)
{
	struct db_stmt *q;
	int64_t created_s;
	uint64_t k;
	enum err e = db_connect(s->db); /* the site is known once connected */

	if (e)
		return e;
	if (!store_key(s, id, kind, &k, &created_s))
		return ERR_NOT_FOUND;
	e = db_query(s->db, sql,
		     DB_ARGS(store_col_of(organization), db_uint(k)), &q);
	if (e)
		return e;
	e = ERR_NOT_FOUND;
	while (db_next(q)) {
		bool gone = db_col_null(q, 0);
		bool ours = db_col_int(q, 1) != 0 &&
			    db_col_time(q, 0) / 1000 == created_s;

		if (gone ? k < db_col_uint(q, 2) : ours)
			e = ERR_OK;
	}
	if (!e)
		*key = k;
	return e;
}
