/* SPDX-License-Identifier: MIT */
/*
 * store: the database as this project sees it. store_*.c hold all SQL, one
 * file a family of tables; the rest of the source deals in these structs.
 */
#ifndef HOOKS_STORE_H
#define HOOKS_STORE_H

#include "base/err.h"
#include "outside/conf.h"
#include "outside/db.h"
#include "rules/headroom.h"
#include "rules/id.h"

/* One connection with what is true of the whole installation. */
struct store {
	struct db *db;
	const struct conf *conf; /* borrowed */
	unsigned site;		 /* part of derived ids; known once connected */
	int64_t now;		 /* the database's clock when store_now ran */
	struct headroom due;	 /* the last counts of what is due */
	struct headroom hooks;	 /* and of hooks */
};

void store_init(struct store *s, const struct conf *conf, enum db_role role);
/* The same for a database whose schema is not asked for. */
void store_init_bare(struct store *s, const struct conf *conf,
		     enum db_role role);
void store_release(struct store *s);

/*
 * Connects, and checks that the schema is this build's. ERR_TEMP: away (for
 * the caller to report, see store_complain). ERR_CONFIG: refused, not
 * migrated, or of another version; logged.
 */
enum err store_connect(struct store *s);

/* Logs why a connection failed, with what to do about it. */
void store_complain(const struct db *db, const struct conf *conf, enum err e);

/* The database's clock, milliseconds UTC; also kept in s->now. */
enum err store_now(struct store *s, int64_t *now);

/* The public id of a row. */
void store_id(const struct store *s, struct id *id, enum id_kind kind,
	      int64_t created_at, uint64_t key);
/* The key inside a public id and the second of its creation; false: it
 * cannot be one of ours. The row's created_at must be compared. */
bool store_key(const struct store *s, const struct id *id, enum id_kind kind,
	       uint64_t *key, int64_t *created_s);

/* Whether the column is this action. Values: the action twice, "" for any.
 * As bytes: to texts a space at the end is nothing, and to compare an ASCII
 * column with other letters is an error. */
#define STORE_IS_ACTION "(CAST(? AS BINARY) = '' OR action = CAST(? AS BINARY))"

#endif
