/* SPDX-License-Identifier: MIT */
/*
 * store_schema: one connection of its own, without the check of the version
 * that every other one makes, holding a named lock from its first moment.
 */
#include "store/store_schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "store/store.h"

enum {
	STATEMENT_MAX = 256 * 1024,
	TRIES = 20,		/* of a statement that loses to other writers */
	COMMENT_MAX_SIZE = 2049 /* the longest comment of a table, and a NUL */
};

#define CREATE_TABLE "CREATE TABLE IF NOT EXISTS "
#define TABLE_COMMENT "COMMENT='"
/* Of the table `installation` of version 8. */
#define EARLY_COMMENT "what is true of this installation as a whole"

unsigned store_schema_version(void)
{
	return store_schema_steps[store_schema_step_count - 1].number;
}

/* ---- statements ---- */

static bool is_comment(const char *line)
{
	line += strspn(line, " \t");
	return strncmp(line, "--", 2) == 0 || *line == '\n' || !*line;
}

bool store_schema_statement(const char **sql, struct buf *out)
{
	buf_clear(out);
	while (**sql) {
		const char *line = *sql;
		size_t n = strcspn(line, "\n");

		*sql += n + (line[n] == '\n');
		if (is_comment(line))
			continue;
		while (n && strchr(" \t\r", line[n - 1]))
			n--;
		if (n && line[n - 1] == ';') {
			buf_add(out, line, n - 1);
			return true;
		}
		buf_add(out, line, n);
		buf_putc(out, '\n');
	}
	return out->len > 0;
}

/* Repeats the statement: other writers of the same rows may win (on Galera, on
 * any node). */
static enum err run_patiently(struct db *db, const char *sql)
{
	unsigned tries = 0;
	enum err e;

	do {
		e = db_exec_text(db, sql);
	} while (e == ERR_TEMP && db_contended(db) && ++tries < TRIES);
	return e;
}

static enum err run_statement(struct db *db,
			      const struct store_schema_step *step,
			      const char *sql)
{
	enum err e = run_patiently(db, sql);

	if (e == ERR_CONFLICT) {
		log_info("%s: %s, passed over", step->name, db_error_text(db));
		return ERR_OK;
	}
	if (e)
		log_error("%s stopped at: %.60s", step->name, sql);
	return e;
}

static enum err run_step(struct db *db, const struct store_schema_step *step)
{
	const char *sql = step->sql;
	struct buf statement;
	enum err e = ERR_OK;

	buf_init(&statement, STATEMENT_MAX);
	while (!e && store_schema_statement(&sql, &statement)) {
		if (statement.overflow)
			e = ERR_INTERNAL;
		else
			e = run_statement(db, step, statement.data);
	}
	buf_release(&statement);
	if (e)
		return e;
	/* Where the lock does not reach (two nodes of Galera), the slower of
	 * two migrations must not set the number back. */
	return db_exec(
		db,
		"UPDATE vh_installation SET version = ? "
		"WHERE id = 1 AND version = ?",
		DB_ARGS(db_uint(step->number), db_uint(step->number - 1)));
}

/* ---- existing tables ---- */

/* Whether there is such a table, and one of the comments is its own. */
static enum err find_table(struct db *db, const char *name, const char *comment,
			   bool *exists, bool *ours)
{
	struct db_stmt *q;
	enum err e = db_query(db,
			      "SELECT table_comment = ? "
			      "FROM information_schema.tables "
			      "WHERE table_schema = DATABASE() "
			      "AND table_name = ?",
			      DB_ARGS(db_text(comment), db_text(name)), &q);

	*exists = *ours = false;
	while (!e && db_next(q)) {
		*exists = true;
		*ours = db_col_int(q, 0) != 0;
	}
	return e;
}

/* The text from `at` to before any of `end`, cut to what fits. */
static void copy_until(char *out, size_t size, const char *at, const char *end)
{
	size_t n = strcspn(at, end);

	n = n < size ? n : size - 1;
	memcpy(out, at, n);
	out[n] = '\0';
}

/* The last COMMENT of a CREATE TABLE is the table's. */
static void copy_comment(char *out, size_t size, const char *create)
{
	const char *at = create, *last = NULL;

	*out = '\0';
	while ((at = strstr(at, TABLE_COMMENT)))
		last = at += strlen(TABLE_COMMENT);
	if (last)
		copy_until(out, size, last, "'");
}

/* `name` is "" when this statement would make a table that is not there, or is
 * ours already. */
static enum err look_for_stranger(struct db *db, const char *create,
				  char name[STORE_TABLE_NAME_SIZE])
{
	char comment[COMMENT_MAX_SIZE];
	bool exists, ours;
	enum err e;

	copy_until(name, STORE_TABLE_NAME_SIZE, create + strlen(CREATE_TABLE),
		   " (\n");
	copy_comment(comment, sizeof(comment), create);
	e = find_table(db, name, comment, &exists, &ours);
	if (e || !exists || ours)
		*name = '\0';
	return e;
}

/* IF NOT EXISTS would take somebody else's table of the same name for one that
 * we made. Ours is known by its comment. */
static enum err find_stranger(struct db *db,
			      const struct store_schema_step *step,
			      char name[STORE_TABLE_NAME_SIZE])
{
	const char *sql = step->sql;
	struct buf statement;
	enum err e = ERR_OK;

	*name = '\0';
	buf_init(&statement, STATEMENT_MAX);
	while (!e && !*name && store_schema_statement(&sql, &statement))
		if (strncmp(statement.data, CREATE_TABLE,
			    strlen(CREATE_TABLE)) == 0)
			e = look_for_stranger(db, statement.data, name);
	buf_release(&statement);
	return e;
}

/* The table with the version: under its own name, or under the one it had
 * before everything was given a prefix. */
static enum err read_version(struct db *db, const struct store_migration *m,
			     unsigned *version)
{
	bool there, named, early;
	struct db_stmt *q;
	enum err e = find_table(db, "vh_installation", "", &there, &named);

	if (!e)
		e = find_table(db, "installation", EARLY_COMMENT, &named,
			       &early);
	*version = m->empty;
	if (e || (!there && !early))
		return e;
	e = db_query(db,
		     there ? "SELECT version FROM vh_installation WHERE id = 1"
			   : "SELECT version FROM installation WHERE id = 1",
		     DB_NONE, &q);
	while (!e && db_next(q))
		*version = (unsigned)db_col_uint(q, 0);
	return e;
}

/* ---- the lock ---- */

static enum err get_lock(struct db *db, unsigned seconds, bool *got)
{
	struct db_stmt *q;
	enum err e = db_query(db,
			      "SELECT GET_LOCK(CONCAT('vyte-hooks ', "
			      "MD5(DATABASE())), ?)",
			      DB_ARGS(db_uint(seconds)), &q);

	if (e)
		return e;
	*got = false;
	while (db_next(q))
		*got = db_col_int(q, 0) == 1;
	return ERR_OK;
}

/* Called on each connect, so that a connection without the lock does nothing.
 */
static enum err take_lock(struct db *db, void *arg)
{
	const struct store_migration *m = arg;
	bool got = false;
	enum err e;

	if (m->dry_run)
		return ERR_OK;
	/* Other statements must not queue for hours after an ALTER that
	 * itself waits for a transaction somebody left open. */
	e = db_exec(db, "SET SESSION lock_wait_timeout = 60", DB_NONE);
	if (!e)
		e = get_lock(db, 0, &got);
	if (e || got)
		return e;
	log_warn("another migration is running: waiting for its end");
	e = get_lock(db, 600, &got);
	if (e || got)
		return e;
	log_error("the other migration has not ended: try again later");
	return ERR_TEMP;
}

/* ---- all of it ---- */

/* Whether there is a way from `version` to the newest one. */
static enum err check_schema_version(const struct store_migration *m,
				     unsigned version)
{
	unsigned oldest = m->steps[0].number - 1;
	unsigned newest = m->steps[m->count - 1].number;

	if (version > newest)
		log_error("the schema is version %u, newer than this program "
			  "knows (%u): upgrade the program",
			  version, newest);
	else if (version < oldest)
		log_error("the schema is version %u, too old for this program, "
			  "which begins with %u: migrate it with vyte-hooks "
			  "0.1.0 first",
			  version, oldest);
	else
		return ERR_OK;
	return ERR_CONFIG;
}

static enum err run_next(struct db *db, const struct store_migration *m,
			 const struct store_schema_step *step)
{
	unsigned version = step->number - 1;
	enum err e = ERR_OK;

	/* Another migration, on another node, may have done it meanwhile. */
	if (!m->dry_run)
		e = read_version(db, m, &version);
	if (e || version >= step->number)
		return e;
	if (!m->dry_run)
		e = run_step(db, step);
	if (!e && m->each)
		m->each(m->arg, step);
	return e;
}

/* Looks at all steps that are still to be done, before the first of them. */
static enum err refuse_strangers(struct db *db, const struct store_migration *m,
				 unsigned first)
{
	char name[STORE_TABLE_NAME_SIZE] = "";
	enum err e = ERR_OK;

	for (unsigned i = first; i < m->count && !e && !*name; i++)
		e = find_stranger(db, &m->steps[i], name);
	if (e || !*name)
		return e;
	log_error("the database has a table %s of another program: give "
		  "vyte-hooks a database of its own",
		  name);
	return ERR_CONFIG;
}

static enum err run_steps(struct db *db, const struct store_migration *m)
{
	unsigned version, first;
	enum err e = read_version(db, m, &version);

	if (!e)
		e = check_schema_version(m, version);
	if (e)
		return e;
	first = version + 1 - m->steps[0].number;
	e = refuse_strangers(db, m, first);
	for (unsigned i = first; i < m->count && !e; i++)
		e = run_next(db, m, &m->steps[i]);
	return e;
}

enum err store_migrate(const struct conf *conf, const struct store_migration *m)
{
	struct store_migration mine = *m;
	struct db *db = db_new(conf, DB_ADMIN);
	enum err e;

	db_on_connect(db, take_lock, &mine);
	e = db_connect(db);
	if (!e)
		e = run_steps(db, &mine);
	if (e)
		store_complain(db, conf, e);
	db_free(db);
	return e;
}

enum err store_schema_stranger(struct db *db, char name[STORE_TABLE_NAME_SIZE])
{
	const struct store_migration m = {.steps = store_schema_steps,
					  .count = store_schema_step_count,
					  .empty = STORE_SCHEMA_EMPTY};
	unsigned version;
	enum err e = read_version(db, &m, &version);

	*name = '\0';
	for (unsigned i = 0; i < m.count && !e && !*name; i++)
		if (m.steps[i].number > version)
			e = find_stranger(db, &m.steps[i], name);
	return e;
}
