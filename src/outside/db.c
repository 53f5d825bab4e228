/* SPDX-License-Identifier: MIT */
/*
 * db: the connection, transactions and repetition.
 */
#include "outside/db_driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "outside/crypt.h"
#include "outside/db_sql.h"

enum {
	TRIES = 5,
	STEP_MS = 1000 /* the driver's shortest time limit */
};

static const struct limits {
	unsigned connect_s, io_s;
} limits[DB_ROLE_MAX] = {
	[DB_API] = {2, 3},
	[DB_SENDER] = {3, 10},
	[DB_ADMIN] = {3, 0},
};

/* ---- errors ---- */

static enum err outcome(const struct db *db)
{
	switch (db->trouble) {
	case TROUBLE_NONE:
		return ERR_OK;
	case TROUBLE_DUPLICATE:
		return ERR_CONFLICT;
	case TROUBLE_CONFIG:
		return ERR_CONFIG;
	case TROUBLE_BUG:
		return ERR_INTERNAL;
	case TROUBLE_REPEAT:
	case TROUBLE_RECONNECT:
	case TROUBLE_LATER:
		break;
	}
	return ERR_TEMP;
}

static void note_failure(struct db *db, unsigned number, const char *text)
{
	db->number = number;
	db->trouble = db_trouble_of(number);
	snprintf(db->text, sizeof(db->text), "%s", text);
}

enum err db_fail(struct db *db, unsigned number, const char *text)
{
	note_failure(db, number, text);
	if (db->trouble == TROUBLE_BUG)
		log_error("database refused a statement: %u %s", number, text);
	return outcome(db);
}

enum err db_fail_connection(struct db *db)
{
	unsigned number = mysql_errno(db->my);

	/* The library's own message names the method only in part. */
	if (number == DB_WAY_REFUSED)
		return db_fail(db, number,
			       "the server asks for the password in a way that "
			       "could show it to others");
	return db_fail(db, number, mysql_error(db->my));
}

const char *db_error_text(const struct db *db)
{
	return db->text;
}

unsigned db_error_number(const struct db *db)
{
	return db->number;
}

bool db_in_doubt(const struct db *db)
{
	return db->in_doubt;
}

/* ---- life ---- */

struct db *db_new(const struct conf *conf, enum db_role role)
{
	struct db *db = xcalloc(1, sizeof(*db));

	db->conf = conf;
	db->role = role;
	return db;
}

void db_close(struct db *db)
{
	for (size_t i = 0; i < DB_CACHE_SLOTS; i++) {
		while (db->cache[i]) {
			struct db_stmt *q = db->cache[i];

			db->cache[i] = q->next;
			db_stmt_free(q);
		}
	}
	if (db->my)
		mysql_close(db->my);
	db->my = NULL;
	db->insert_step = 0;
}

void db_free(struct db *db)
{
	if (!db)
		return;
	db_close(db);
	free(db);
}

void db_on_connect(struct db *db, enum err (*ready)(struct db *, void *),
		   void *arg)
{
	db->ready = ready;
	db->ready_arg = arg;
}

void db_deadline(struct db *db, int64_t monotonic_ms)
{
	db->deadline = monotonic_ms;
	/* Its time limits were shortened for the deadline of earlier work. */
	if (db->hurried)
		db_close(db);
	db->hurried = false;
}

void db_abandon(struct db *db, bool (*stop)(void *), void *arg)
{
	db->stop = stop;
	db->stop_arg = arg;
}

/* ---- connecting ---- */

/* Seconds for one step: the role's limit, or the time left to the deadline. */
static unsigned allowance(struct db *db, unsigned role_s)
{
	int64_t left;

	if (!db->deadline)
		return role_s;
	left = (db->deadline - clock_monotonic()) / 1000;
	if (left >= role_s)
		return role_s;
	db->hurried = true;
	return left > 0 ? (unsigned)left : 1;
}

static void set_options(struct db *db, MYSQL *my)
{
	const struct limits *l = &limits[db->role];
	unsigned connect_s = allowance(db, l->connect_s);
	unsigned io_s = allowance(db, l->io_s);
	unsigned off = 0;

	mysql_options(my, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
	if (io_s) {
		mysql_options(my, MYSQL_OPT_READ_TIMEOUT, &io_s);
		mysql_options(my, MYSQL_OPT_WRITE_TIMEOUT, &io_s);
	}
	mysql_options(my, MYSQL_OPT_LOCAL_INFILE, &off);
	mysql_options(my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	db_secure(my, db->conf->database.tls_ca);
}

static enum err read_insert_step(struct db *db, uint64_t *step)
{
	MYSQL_RES *result;
	MYSQL_ROW row;

	if (mysql_query(db->my, "SELECT @@auto_increment_increment"))
		return db_fail_connection(db);
	result = mysql_store_result(db->my);
	if (!result)
		return db_fail_connection(db);
	row = mysql_fetch_row(result);
	if (!row || !row[0] || !text_uint(row[0], 65535, step))
		*step = 1;
	mysql_free_result(result);
	return ERR_OK;
}

static const char *or_null(const char *s)
{
	return *s ? s : NULL;
}

static enum err open_connection(struct db *db)
{
	const struct conf *c = db->conf;

	db->my = mysql_init(NULL);
	if (!db->my)
		return db_fail(db, 1021, "out of memory");
	set_options(db, db->my);
	if (!mysql_real_connect(
		    db->my,
		    *c->database.socket ? "localhost" : c->database.host,
		    or_null(c->database.user), or_null(c->database.password),
		    c->database.name, (unsigned)c->database.port,
		    or_null(c->database.socket), CLIENT_FOUND_ROWS))
		return db_fail_connection(db);
	return db_session_set(db);
}

enum err db_connect(struct db *db)
{
	enum err e;

	if (db->my)
		return ERR_OK;
	db->trouble = TROUBLE_NONE;
	db->number = 0;
	db->text[0] = '\0';
	e = open_connection(db);
	if (!e && db->ready) {
		db->getting_ready = true;
		e = db->ready(db, db->ready_arg);
		db->getting_ready = false;
	}
	if (e)
		db_close(db);
	return e;
}

/* ---- repetition ---- */

/* After a failed try: false when another one is of no use. */
static bool may_repeat(struct db *db, unsigned tries)
{
	int64_t wait =
		(int64_t)((1 << tries) * 5 * (1 + crypt_random_fraction()));

	if (db->trouble == TROUBLE_RECONNECT)
		db_close(db);
	else if (db->trouble != TROUBLE_REPEAT)
		return false;
	/* A sender has other work meanwhile, which needs no such lock. */
	if (db->role == DB_SENDER && db_locked(db))
		return false;
	if (tries >= TRIES || (db->stop && db->stop(db->stop_arg)))
		return false;
	if (db->deadline && clock_monotonic() + wait + STEP_MS > db->deadline)
		return false;
	clock_sleep(wait);
	return true;
}

static enum err get_ready(struct db *db)
{
	enum err e = db_connect(db);

	return e ? e : db_session_lock_wait(db);
}

static enum err run(struct db *db, const struct db_call *c, struct db_stmt **q)
{
	unsigned tries = 0;
	enum err e;

	if (db->in_tx || db->getting_ready)
		return db_stmt_run(db, c, q);
	do {
		e = get_ready(db);
		if (!e)
			e = db_stmt_run(db, c, q);
	} while (e && may_repeat(db, ++tries));
	return e;
}

enum err db_tx(struct db *db, enum db_doubt doubt,
	       enum err (*body)(struct db *db, void *arg), void *arg)
{
	unsigned tries = 0;
	enum err e;

	do {
		db->in_doubt = false;
		e = get_ready(db);
		if (!e && mysql_query(db->my, "START TRANSACTION"))
			e = db_fail_connection(db);
		if (e)
			continue;
		db->in_tx = true;
		e = body(db, arg);
		db->in_tx = false;
		if (!e && mysql_query(db->my, "COMMIT")) {
			e = db_fail_connection(db);
			db->in_doubt = db_commit_in_doubt(db);
		}
		if (e && db->my && mysql_query(db->my, "ROLLBACK"))
			db_close(db);
	} while (e && !(db->in_doubt && doubt == DB_ONCE) &&
		 may_repeat(db, ++tries));
	return e;
}

enum err db_part(struct db *db, enum err (*body)(struct db *db, void *arg),
		 void *arg)
{
	enum err e;

	if (mysql_query(db->my, "SAVEPOINT part"))
		return db_fail_connection(db);
	e = body(db, arg);
	if (e && e != ERR_TEMP &&
	    mysql_query(db->my, "ROLLBACK TO SAVEPOINT part"))
		return db_fail_connection(db);
	return e;
}

/* ---- the public statement calls ---- */

enum err db_query(struct db *db, const char *sql, const struct db_value *args,
		  size_t count, struct db_stmt **q)
{
	struct db_call c = {
		.sql = sql, .args = args, .count = count, .total = count};

	return run(db, &c, q);
}

enum err db_exec(struct db *db, const char *sql, const struct db_value *args,
		 size_t count)
{
	struct db_stmt *q;

	return db_query(db, sql, args, count, &q);
}

enum err db_query_list(struct db *db, const char *sql,
		       const struct db_value *args, size_t count,
		       const struct db_value *list, size_t length,
		       struct db_stmt **q)
{
	struct db_call c = {.sql = sql,
			    .args = args,
			    .count = count,
			    .list = list,
			    .length = length,
			    .repeats = db_sql_list_size(length)};

	c.total = count + c.repeats;
	return run(db, &c, q);
}

enum err db_exec_list(struct db *db, const char *sql,
		      const struct db_value *args, size_t count,
		      const struct db_value *list, size_t length)
{
	struct db_stmt *q;

	return db_query_list(db, sql, args, count, list, length, &q);
}

enum err db_query_rows(struct db *db, const char *sql,
		       const struct db_value *list, size_t rows, size_t columns,
		       struct db_stmt **q)
{
	struct db_call c = {.sql = sql,
			    .list = list,
			    .length = rows * columns,
			    .columns = columns,
			    .repeats = db_sql_list_size(rows)};

	c.total = c.repeats * columns;
	return run(db, &c, q);
}

/* Sends as many of the rows as fit into one statement, the first `done`. */
static enum err exec_some(struct db *db, const char *sql,
			  const struct db_value *values, size_t rows,
			  size_t columns, size_t *done)
{
	size_t n = db_stmt_rows(values, rows, columns);
	struct db_call c = {.sql = sql,
			    .args = values,
			    .count = n * columns,
			    .total = n * columns,
			    .repeats = n};
	struct db_stmt *q;

	*done = n;
	return run(db, &c, &q);
}

/* On Galera the step between keys is the number of nodes, and it changes under
 * a connection that stays open when a node comes or goes. */
enum err db_exec_keys(struct db *db, const char *sql,
		      const struct db_value *values, size_t rows,
		      size_t columns, uint64_t *keys, size_t *done)
{
	uint64_t step = 0;
	enum err e = ERR_OK;

	if (rows > 1 && !db->insert_step)
		e = read_insert_step(db, &db->insert_step);
	if (!e)
		e = exec_some(db, sql, values, rows, columns, done);
	if (!e && *done > 1)
		e = read_insert_step(db, &step);
	if (e)
		return e;
	if (step && step != db->insert_step) {
		db->insert_step = step;
		return db_fail(db, DB_CHANGED, "the step of keys has changed");
	}
	for (size_t i = 0; i < *done; i++)
		keys[i] = db->insert_id + i * step;
	return ERR_OK;
}

enum err db_exec_rows(struct db *db, const char *sql,
		      const struct db_value *values, size_t rows,
		      size_t columns)
{
	uint64_t affected = 0;
	enum err e = ERR_OK;
	size_t n;

	while (rows && !e) {
		e = exec_some(db, sql, values, rows, columns, &n);
		affected += db->affected;
		values += n * columns;
		rows -= n;
	}
	db->affected = affected;
	return e;
}

enum err db_exec_text(struct db *db, const char *sql)
{
	enum err e = db_connect(db);

	if (!e && mysql_query(db->my, sql))
		e = db_fail_connection(db);
	return e;
}

enum err db_try_text(struct db *db, const char *sql)
{
	enum err e = db_connect(db);

	if (e || !mysql_query(db->my, sql))
		return e;
	note_failure(db, mysql_errno(db->my), mysql_error(db->my));
	return db->trouble == TROUBLE_BUG ? ERR_INVALID : outcome(db);
}

struct db_value db_text(const char *s)
{
	return db_bytes(s, s ? strlen(s) : 0);
}

uint64_t db_affected(const struct db *db)
{
	return db->affected;
}

uint64_t db_insert_id(const struct db *db)
{
	return db->insert_id;
}
