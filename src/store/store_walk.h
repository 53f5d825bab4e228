/* SPDX-License-Identifier: MIT */
/*
 * store_walk: lists of past rows, newest first, page by page.
 *
 * The conditions of a list have no index of their own, so a walk looks at rows
 * in the order of their keys, more of them each time, and picks. It ends when
 * the page is full, when there are no more rows, or when it has looked at
 * STORE_WALK_ROWS: then the page has fewer entries, perhaps none, and the next
 * page continues after the last row that was looked at.
 */
#ifndef HOOKS_STORE_WALK_H
#define HOOKS_STORE_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "outside/db.h"
#include "rules/id.h"

struct arena;
struct store;

enum { STORE_WALK_ROWS = 20000 }; /* some 0.1 s */

/* The conditions of a list; "", NULL and TIME_NONE: no condition. */
struct store_filter {
	const char *action, *state;
	int64_t since, until; /* until is excluded */
	/* NULL: any. */
	const char *user;
	const char *replace_key; /* of notifications only */
	/* Of deliveries only. Of the last attempt: its status, from and to; 0:
	 * no condition; or its error, a code. */
	const struct id *hook, *notification;
	unsigned status_from, status_to;
	const char *error;
	const struct id *after; /* ERR_NOT_FOUND when it never existed */
	size_t limit;		/* entries of a page */
};

/* Whether a page is the last, and where the next one begins. */
struct store_more {
	bool more;
	struct id after; /* where the next page continues */
};

struct store_walk {
	struct store *s;
	const struct store_filter *f;
	const struct id *organization;
	enum id_kind kind; /* of the rows' ids */
	/* Reads `rows` rows below the key, greatest first: key, time of
	 * creation, and whether the row is wanted. */
	enum err (*look)(void *arg, uint64_t below, size_t rows,
			 struct db_stmt **q);
	void *arg;

	uint64_t below; /* where to begin */
	/* The result: keys of a page, greatest first, *arena*. */
	uint64_t *key;
	size_t count;
	bool more; /* there are rows after this one: */
	uint64_t last;
	int64_t last_at;
};

/* Begins after the filter's `after`, else at the newest row; `cursor` as for
 * store_cursor(). */
enum err store_walk_begin(struct store_walk *w, const char *cursor);
/* Skips all rows newer than the filter's `until`; `after_key` and `of` as for
 * store_seek(). */
enum err store_walk_until(struct store_walk *w, const char *after_key,
			  struct db_value of);
/* The key of the row that the list is limited to, or ERR_NOT_FOUND: not of this
 * organization. `sql` gives the row's created_at for its key and organization.
 */
enum err store_walk_only(const struct store_walk *w, const char *sql,
			 const struct id *id, enum id_kind kind, uint64_t *key);
enum err store_walk(struct arena *arena, struct store_walk *w);
void store_walk_end(const struct store_walk *w, struct store_more *more);

/*
 * The key inside a cursor. `sql` finds its row: the time of creation, NULL
 * when it is gone; whether it is the organization's (first value; the key is
 * the second); and the greatest key of the table. ERR_NOT_FOUND: another
 * organization's, or never made; a row that is gone still marks a place.
 */
enum err store_cursor(struct store *s, const char *sql,
		      const struct id *organization, const struct id *id,
		      enum id_kind kind, uint64_t *key);

#endif
