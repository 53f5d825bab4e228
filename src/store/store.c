/* SPDX-License-Identifier: MIT */
/*
 * store: opening the database, checking that its schema fits this build,
 * and turning rows' keys into public ids and back.
 */
#include "store/store.h"

#include "base/log.h"
#include "store/store_schema.h"

static enum err wrong_version(unsigned version)
{
	unsigned ours = store_schema_version();

	if (version > ours)
		log_error("the schema is version %u, newer than this program "
			  "knows (%u): upgrade the program",
			  version, ours);
	else
		log_error("the schema is version %u, this program needs %u: "
			  "run hooks-admin migrate",
			  version, ours);
	return ERR_CONFIG;
}

static enum err ready_body(struct db *db, void *arg)
{
	struct store *s = arg;
	struct db_stmt *q;
	unsigned version = 0;
	enum err e;

	e = db_query(db,
		     "SELECT version, site, UTC_TIMESTAMP(3), webhook_id_since "
		     "FROM vh_installation WHERE id = 1",
		     DB_NONE, &q);
	if (e)
		return e;
	while (db_next(q)) {
		version = (unsigned)db_col_uint(q, 0);
		s->site = (unsigned)db_col_uint(q, 1);
		s->now = db_col_time(q, 2);
		s->webhook_id_since = db_col_time(q, 3);
		s->connects++;
	}
	return version == store_schema_version() ? ERR_OK
						 : wrong_version(version);
}

void store_init_bare(struct store *s, const struct conf *conf,
		     enum db_role role)
{
	*s = (struct store){.conf = conf, .db = db_new(conf, role)};
}

void store_init(struct store *s, const struct conf *conf, enum db_role role)
{
	store_init_bare(s, conf, role);
	db_on_connect(s->db, ready_body, s);
}

void store_release(struct store *s)
{
	db_free(s->db);
	s->db = NULL;
}

enum { NO_DATABASE = 1049, NO_TABLE = 1146 }; /* the server's numbers */

void store_complain(const struct db *db, const struct conf *conf, enum err e)
{
	const char *text = db_error_text(db), *name = conf->database.name;

	if (e == ERR_CONFIG && db_error_number(db) == NO_TABLE)
		log_error("the database has no schema: run hooks-admin "
			  "migrate");
	else if (e == ERR_CONFIG && db_error_number(db) == NO_DATABASE)
		log_error("database: %s; make it with: CREATE DATABASE %s "
			  "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
			  text, name);
	else if ((e == ERR_CONFIG || e == ERR_TEMP) && *text)
		log_error("database: %s", text);
}

enum err store_connect(struct store *s)
{
	enum err e = db_connect(s->db);

	if (e == ERR_CONFIG)
		store_complain(s->db, s->conf, e);
	return e;
}

enum err store_now(struct store *s, int64_t *now)
{
	struct db_stmt *q;
	enum err e = db_query(s->db, "SELECT UTC_TIMESTAMP(3)", DB_NONE, &q);

	if (e)
		return e;
	while (db_next(q))
		s->now = db_col_time(q, 0);
	*now = s->now;
	return ERR_OK;
}

void store_id(const struct store *s, struct id *id, enum id_kind kind,
	      int64_t created_at, uint64_t key)
{
	id_make(id, kind, s->site, created_at, key);
}

bool store_key(const struct store *s, const struct id *id, enum id_kind kind,
	       uint64_t *key, int64_t *created_s)
{
	return id_serial(id, kind, s->site, key, created_s);
}
