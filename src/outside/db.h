/* SPDX-License-Identifier: MIT */
/*
 * db: the connection to MySQL or MariaDB. Only prepared statements, so no value
 * is ever part of SQL text. The driver itself is known to db*.c alone, through
 * db_driver.h.
 *
 * A program makes one `struct db` for each thread. It connects when first
 * needed and again after a loss, but only between transactions, and sets its
 * session up each time: READ COMMITTED, UTC, strict mode, utf8mb4.
 *
 * Errors that waiting or repeating cures (a deadlock, a lost connection) are
 * cured here, within the limits of the role; the caller gets
 *   ERR_TEMP      the database cannot serve us now: 503, exit 75
 *   ERR_CONFLICT  a unique key is taken (1062): the row exists already; for a
 *                 statement of a migration: the object exists already
 *   ERR_CONFIG    wrong password, no such database, schema not migrated
 *   ERR_INTERNAL  a statement the server refuses: our bug, logged
 */
#ifndef HOOKS_DB_H
#define HOOKS_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "outside/conf.h"

enum db_role {
	DB_API,	   /* time limits 2/3/3 s, lock wait 1 s, a deadline */
	DB_SENDER, /* 3/10/10 s, lock wait 1 s, which is not repeated */
	DB_ADMIN,  /* 3 s to connect, lock wait 5 s, hours for a migration */
	DB_ROLE_MAX
};

struct db;
struct db_stmt;

/* `conf` is borrowed. Never NULL; no connection is made yet. */
struct db *db_new(const struct conf *conf, enum db_role role);
void db_free(struct db *db);

/* `ready` runs after each connect, before anything else; its error fails the
 * connect. */
void db_on_connect(struct db *db, enum err (*ready)(struct db *, void *),
		   void *arg);

/* Connects now if there is no connection. */
enum err db_connect(struct db *db);
/* Closes the connection; the next statement makes a new one. */
void db_close(struct db *db);

/* For a sender that has nothing to ask: keeps the connection, if there is one,
 * from being closed as idle. Outside of a transaction; call it often. */
void db_keep(struct db *db);

/* No try begins after this monotonic time; 0: none. */
void db_deadline(struct db *db, int64_t monotonic_ms);
/* When set, `stop` is asked before each repetition: true gives up with
 * ERR_TEMP. */
void db_abandon(struct db *db, bool (*stop)(void *), void *arg);

/* The server's last message, for a log line; "" when there is none. Borrowed.
 */
const char *db_error_text(const struct db *db);
/* The server's error number of the last failure, 0 when there is none. */
unsigned db_error_number(const struct db *db);
/* Whether that error is the server's own, and not the client library's. */
bool db_answers(const struct db *db);
/* The cipher of the connection; NULL: it has none, or there is no connection.
 * Borrowed. */
const char *db_cipher(const struct db *db);
/* True if the last failure was caused by other writers of the same rows, at
 * every try: the database can be reached. */
bool db_contended(const struct db *db);
/* True if the last failure was a lock that somebody held for longer than we
 * wait: the database can be reached. A sender's connection does not repeat the
 * transaction. */
bool db_locked(const struct db *db);
/* From the next transaction on: waits for locks no longer than the server
 * demands: not at all on MariaDB, a second on MySQL. */
void db_hasty(struct db *db, bool hasty);
/* True if the last transaction failed because its COMMIT got no answer: it may
 * have been done. */
bool db_in_doubt(const struct db *db);

/* ---- values ---- */

enum db_type { DB_NULL, DB_INT, DB_UINT, DB_DOUBLE, DB_BYTES, DB_TIME };

struct db_value {
	enum db_type type;
	union {
		int64_t i; /* DB_INT; DB_TIME: milliseconds UTC */
		uint64_t u;
		double d;
	};
	const void *p; /* borrowed until the call returns */
	size_t n;
};

static inline struct db_value db_null(void)
{
	return (struct db_value){.type = DB_NULL};
}

static inline struct db_value db_int(int64_t i)
{
	return (struct db_value){.type = DB_INT, .i = i};
}

static inline struct db_value db_uint(uint64_t i)
{
	return (struct db_value){.type = DB_UINT, .u = i};
}

static inline struct db_value db_double(double d)
{
	return (struct db_value){.type = DB_DOUBLE, .d = d};
}

static inline void db_uints(struct db_value *list, const uint64_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		list[i] = db_uint(v[i]);
}

/* TIME_NONE is stored as NULL. */
static inline struct db_value db_time(int64_t ms)
{
	return (struct db_value){.type = ms == INT64_MIN ? DB_NULL : DB_TIME,
				 .i = ms};
}

/* A NULL pointer is stored as NULL. */
static inline struct db_value db_bytes(const void *p, size_t n)
{
	return (struct db_value){
		.type = p ? DB_BYTES : DB_NULL, .p = p, .n = n};
}

struct db_value db_text(const char *s);

#define DB_ARGS(...)                                                           \
	(const struct db_value[]){__VA_ARGS__},                                \
		sizeof((const struct db_value[]){__VA_ARGS__}) /               \
			sizeof(struct db_value)
#define DB_NONE NULL, 0

/* ---- statements ----
 * `sql` is a string literal (statements are cached by its address).
 * Outside a transaction a statement commits by itself and may be repeated
 * after a lost connection: use it for reads and for writes that may be done
 * twice.
 */

enum err db_exec(struct db *db, const char *sql, const struct db_value *args,
		 size_t count);
/* The result is read completely into memory, so inside a transaction other
 * statements may run while its rows are walked. `*q` is borrowed and valid
 * until the same SQL runs again, the transaction is repeated, or, outside a
 * transaction, another statement runs: it may lose the connection, and the
 * rows with it. */
enum err db_query(struct db *db, const char *sql, const struct db_value *args,
		  size_t count, struct db_stmt **q);

/*
 * With one group in braces, which is repeated for each value of the list:
 * "... WHERE a = ? AND id IN ({?})". The list's values follow `args`; 1 to
 * DB_LIST_MAX of them, and the last one may come several times. Between copies
 * stands a comma, or the text after a bar: "{SELECT ?| UNION }".
 */
enum { DB_LIST_MAX = 1024 };
enum err db_exec_list(struct db *db, const char *sql,
		      const struct db_value *args, size_t count,
		      const struct db_value *list, size_t length);
enum err db_query_list(struct db *db, const char *sql,
		       const struct db_value *args, size_t count,
		       const struct db_value *list, size_t length,
		       struct db_stmt **q);
/* The same with a list of rows: "... WHERE (a, b) IN ({(?, ?)})". */
enum err db_query_rows(struct db *db, const char *sql,
		       const struct db_value *list, size_t rows, size_t columns,
		       struct db_stmt **q);
/* "INSERT ... VALUES {(?,?,?)}": rows * columns values, any number of rows,
 * sent in few statements. Affected rows are summed. */
enum err db_exec_rows(struct db *db, const char *sql,
		      const struct db_value *values, size_t rows,
		      size_t columns);
/* The same as one statement with as many of the rows as fit into it, the first
 * `done`, and with the keys that they were given; inside a transaction. Called
 * until all rows are sent. */
enum err db_exec_keys(struct db *db, const char *sql,
		      const struct db_value *values, size_t rows,
		      size_t columns, uint64_t *keys, size_t *done);
/* A statement of a migration: text protocol, no values, never repeated. */
enum err db_exec_text(struct db *db, const char *sql);
/* The same for a statement with a part that a person wrote, and without rows:
 * what the server refuses is not our bug, but ERR_INVALID, and not logged. */
enum err db_try_text(struct db *db, const char *sql);

/* Rows matched (not only changed) by the last write. */
uint64_t db_affected(const struct db *db);
/* The first key that the last INSERT generated. */
uint64_t db_insert_id(const struct db *db);

/* The number of rows in the result. */
size_t db_rows(const struct db_stmt *q);
/* The next row, or false at the end. Columns count from 0. */
bool db_next(struct db_stmt *q);
bool db_col_null(const struct db_stmt *q, unsigned col);
/* NULL reads as 0, an empty string, TIME_NONE. */
int64_t db_col_int(const struct db_stmt *q, unsigned col);
uint64_t db_col_uint(const struct db_stmt *q, unsigned col);
double db_col_double(const struct db_stmt *q, unsigned col);
int64_t db_col_time(const struct db_stmt *q, unsigned col);
/* With a NUL after the bytes; borrowed until the next row. */
const char *db_col_text(const struct db_stmt *q, unsigned col);
const char *db_col_bytes(const struct db_stmt *q, unsigned col, size_t *n);

/* ---- transactions ---- */

enum db_doubt {
	DB_REPEAT, /* the body may run again after a COMMIT without an answer */
	DB_ONCE	   /* it may not: ERR_TEMP, and db_in_doubt() says so */
};

/*
 * BEGIN, body, COMMIT; ROLLBACK when the body returns an error, which is
 * then returned. After an error that repeating cures the body runs again, at
 * most five times in all, so it must not keep its results in memory from one
 * run to the next.
 */
enum err db_tx(struct db *db, enum db_doubt doubt,
	       enum err (*body)(struct db *db, void *arg), void *arg);

/*
 * Inside a transaction: a part of it that may fail alone, after a savepoint.
 * The part's changes are undone when its body returns an error, which is
 * then returned, and the transaction goes on. Only after ERR_TEMP it does not:
 * that error concerns the transaction as a whole.
 */
enum err db_part(struct db *db, enum err (*body)(struct db *db, void *arg),
		 void *arg);

#endif
