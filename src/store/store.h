/* SPDX-License-Identifier: MIT */
/*
 * store: the database as this project sees it. store_*.c contain all SQL, one
 * file for each family of tables; the rest of the source uses these structs.
 */
#ifndef HOOKS_STORE_H
#define HOOKS_STORE_H

#include "base/err.h"
#include "outside/conf.h"
#include "outside/db.h"
#include "rules/bytes.h"
#include "rules/headroom.h"
#include "rules/id.h"

/* One connection and the facts about the whole installation. */
struct store {
	struct db *db;
	const struct conf *conf; /* borrowed */
	unsigned site;		 /* part of derived ids; known once connected */
	int64_t now;		 /* the database's clock when store_now ran */
	unsigned connects;	 /* connections made so far */
	/* Deliveries made before have ids of an earlier version; TIME_NONE. */
	int64_t webhook_id_since;
	struct headroom due;	     /* the last counts of waiting deliveries */
	struct headroom hooks;	     /* the last counts of hooks */
	struct headroom scheduled;   /* and of scheduled notifications */
	struct headroom stored_room; /* the last sums of stored bytes */
	struct bytes stored;	     /* that are not in such a sum yet */
	int64_t stored_since;	     /* monotonic; of the first of them */
	uint64_t stored_sum;	     /* how many of them were added */
};

void store_init(struct store *s, const struct conf *conf, enum db_role role);
/* The same for a database whose schema is not checked. */
void store_init_bare(struct store *s, const struct conf *conf,
		     enum db_role role);
void store_release(struct store *s);

/*
 * Connects, and checks that the schema is this build's. ERR_TEMP: the database
 * cannot be reached (the caller reports it, see store_complain). ERR_CONFIG:
 * access refused, not migrated, or a schema of another version; logged.
 */
enum err store_connect(struct store *s);

/* Logs why a connection failed, and the remedy. */
void store_complain(const struct db *db, const struct conf *conf, enum err e);

/* The database's clock, milliseconds UTC; also kept in s->now. */
enum err store_now(struct store *s, int64_t *now);

/* The public id of a row. */
void store_id(const struct store *s, struct id *id, enum id_kind kind,
	      int64_t created_at, uint64_t key);
/* The key inside a public id and the second of its creation; false: the id
 * cannot be one of ours. The caller must compare the row's created_at. */
bool store_key(const struct store *s, const struct id *id, enum id_kind kind,
	       uint64_t *key, int64_t *created_s);

/* Whether the column is this action. Values: the action twice, "" for any.
 * Compared as bytes: texts ignore a space at the end, and comparing an ASCII
 * column with other letters is an error. */
#define STORE_IS_ACTION "(CAST(? AS BINARY) = '' OR action = CAST(? AS BINARY))"

#endif
