/* SPDX-License-Identifier: MIT */
/*
 * db_driver: the part that db*.c share, and the one place that
 * includes the driver's header. Only db*.c include this.
 */
#ifndef HOOKS_DB_DRIVER_H
#define HOOKS_DB_DRIVER_H

#include <mysql.h>

#include "outside/db.h"

enum { DB_CACHE_SLOTS = 256 }; /* a power of two */

/* The reaction that an error number asks for. */
enum db_trouble {
	TROUBLE_NONE,
	TROUBLE_REPEAT,	   /* roll back, do the transaction again */
	TROUBLE_RECONNECT, /* the connection is gone: new one, then again */
	TROUBLE_LATER,	   /* nothing helps at the moment */
	TROUBLE_DUPLICATE,
	TROUBLE_CONFIG,
	TROUBLE_BUG
};

enum {
	DB_CHANGED = 1020,    /* the server's "record has changed" */
	DB_WAY_REFUSED = 5010 /* by the client library, see db_secure.c */
};

struct db_cell {
	int64_t i;
	double d;
	MYSQL_TIME time;
	char *bytes;
	size_t room;
	unsigned long length;
	/* my_bool in one client library, bool in the other */
	__typeof__(*(((MYSQL_BIND *)NULL)->is_null)) null, cut;
};

struct db_stmt {
	struct db_stmt *next; /* in the cache's slot */
	const char *sql;
	size_t repeats;
	MYSQL_STMT *stmt;
	unsigned columns;
	MYSQL_BIND *bind;
	struct db_cell *cell;
	bool rebind; /* a buffer has moved */
};

struct db {
	const struct conf *conf;
	enum db_role role;
	MYSQL *my; /* NULL: not connected */
	struct db_stmt *cache[DB_CACHE_SLOTS];
	enum err (*ready)(struct db *, void *);
	void *ready_arg;
	bool (*stop)(void *);
	void *stop_arg;
	int64_t deadline;
	int64_t used_at; /* monotonic; when a statement was last run */
	bool in_tx, getting_ready, hurried;
	bool takes_none; /* a lock wait of no seconds (MariaDB) */
	bool hasty; /* waits for locks are to be so, or as short as possible */
	unsigned lock_wait_s; /* as the session has it */
	bool in_doubt;	      /* the last COMMIT may have been done */
	enum db_trouble trouble;
	unsigned number;
	char text[512];
	uint64_t affected, insert_id;
	uint64_t insert_step; /* from key to key; 0: not known */
};

/* One statement with its values. */
struct db_call {
	const char *sql;
	size_t repeats;
	const struct db_value *args, *list;
	size_t count, length; /* of args, of list */
	size_t columns;	      /* of a list of rows; 0: one */
	size_t total;	      /* with the list padded */
};

/* Before the connection is made: no password that others can read, and with
 * `tls_ca` (may be "") TLS, with a certificate of this authority for the host,
 * or no connection. */
void db_secure(MYSQL *my, const char *tls_ca);

enum db_trouble db_trouble_of(unsigned number);
/* After a COMMIT that failed: whether it may have been done all the same. */
bool db_commit_in_doubt(const struct db *db);

/* Notes a failure and returns its kind. */
enum err db_fail(struct db *db, unsigned number, const char *text);
/* The same with the driver's number and text of the connection. */
enum err db_fail_connection(struct db *db);

/* db_session.c: sets the session of a new connection up. */
enum err db_session_set(struct db *db);
/* Makes the session wait for locks as long as is wanted now (db_hasty). */
enum err db_session_lock_wait(struct db *db);

/* Prepares the statement if needed, and executes it once. */
enum err db_stmt_run(struct db *db, const struct db_call *c,
		     struct db_stmt **out);
void db_stmt_free(struct db_stmt *q);

/* The number of these rows (1 or more) that go into one statement: few enough
 * for any server's max_allowed_packet (4 MiB on MySQL 5.7), unless one row
 * alone is longer. */
size_t db_stmt_rows(const struct db_value *values, size_t rows, size_t columns);

#endif
