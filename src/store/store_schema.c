/* SPDX-License-Identifier: MIT */
/*
 * store_schema: a connection of its own, without the check of the version that
 * all other connections make, holding a named lock from its first moment.
 */
#include "store/store_schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "store/store.h"

enum {
	STATEMENT_MAX = 256 * 1024,
	TRIES = 20,	   /* of a statement that loses to other writers */
	NAME_MAX_SIZE = 65 /* the longest name of a table, and a NUL */
};

#define CREATE_TABLE "CREATE TABLE IF NOT EXISTS "

unsigned store_schema_version(void)
{
	return store_steps[store_step_count - 1].number;
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

/* Another writer of the same rows may win (on Galera: on any node). */
static enum err run_patiently(struct db *db, const char *sql)
{
	unsigned tries = 0;
	enum err e;

	do {
		e = db_exec_text(db, sql);
	} while (e == ERR_TEMP && db_contended(db) && ++tries < TRIES);
	return e;
}

static enum err run_statement(struct db *db, const struct store_step *step,
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

static enum err run_step(struct db *db, const struct store_step *step)
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
		"UPDATE installation SET version = ? "
		"WHERE id = 1 AND version = ?",
		DB_ARGS(db_uint(step->number), db_uint(step->number - 1)));
}

/* ---- existing tables ---- */

static enum err table_exists(struct db *db, const char *name, bool *exists)
{
	struct db_stmt *q;
	enum err e = db_query(db,
			      "SELECT 1 FROM information_schema.tables "
			      "WHERE table_schema = DATABASE() "
			      "AND table_name = ?",
			      DB_ARGS(db_text(name)), &q);

	if (!e)
		*exists = db_rows(q) > 0;
	return e;
}

/* Before the first step, a table with one of our names belongs to somebody
 * else: IF NOT EXISTS would take it for one that we created. */
static enum err refuse_strangers(struct db *db, const struct store_step *first)
{
	const char *sql = first->sql;
	struct buf statement;
	enum err e = ERR_OK;

	buf_init(&statement, STATEMENT_MAX);
	while (!e && store_schema_statement(&sql, &statement)) {
		char name[NAME_MAX_SIZE] = "";
		const char *at = statement.data;
		bool exists = false;

		if (strncmp(at, CREATE_TABLE, strlen(CREATE_TABLE)) != 0)
			continue;
		at += strlen(CREATE_TABLE);
		strncat(name, at, strnlen(at, sizeof(name) - 1));
		name[strcspn(name, " (\n")] = '\0';
		e = table_exists(db, name, &exists);
		if (exists) {
			log_error("the database has a table %s of another "
				  "program: give vyte-hooks a database of "
				  "its own",
				  name);
			e = ERR_CONFIG;
		}
	}
	buf_release(&statement);
	return e;
}

static enum err read_version(struct db *db, const struct store_migration *m,
			     unsigned *version)
{
	struct db_stmt *q;
	bool ours = false;
	enum err e = table_exists(db, "installation", &ours);

	*version = 0;
	if (e)
		return e;
	if (!ours)
		return m->count ? refuse_strangers(db, &m->steps[0]) : ERR_OK;
	e = db_query(db, "SELECT version FROM installation WHERE id = 1",
		     DB_NONE, &q);
	if (e)
		return e;
	while (db_next(q))
		*version = (unsigned)db_col_uint(q, 0);
	return ERR_OK;
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

/* Runs on every connect, so that a connection without the lock does nothing. */
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

/* ---- the whole migration ---- */

static enum err run_steps(struct db *db, const struct store_migration *m)
{
	unsigned version;
	enum err e = read_version(db, m, &version);

	if (e)
		return e;
	if (version > m->count) {
		log_error("the schema is version %u, newer than this program "
			  "knows (%u): upgrade the program",
			  version, m->count);
		return ERR_CONFIG;
	}
	for (unsigned i = version; i < m->count; i++) {
		/* Another migration on another node may have done it. */
		if (!m->dry_run)
			e = read_version(db, m, &version);
		if (!e && version > i)
			continue;
		if (!e && !m->dry_run)
			e = run_step(db, &m->steps[i]);
		if (e)
			return e;
		if (m->each)
			m->each(m->arg, &m->steps[i]);
	}
	return ERR_OK;
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
