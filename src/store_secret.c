/*
 * store_secret: rows of `hook_secrets`.
 */
#include "store_secret.h"

#include <stdio.h>
#include <string.h>

#include "store.h"

enum err store_secret_current(struct store *s, uint64_t hook,
			      char out[SIGN_SECRET_SIZE])
{
	struct db_stmt *q;
	enum err e = db_query(s->db,
			      "SELECT secret FROM hook_secrets WHERE "
			      "hook_id = ? AND (expires_at IS NULL OR "
			      "expires_at > UTC_TIMESTAMP(3)) "
			      "ORDER BY id DESC LIMIT 1",
			      DB_ARGS(db_uint(hook)), &q);

	if (e)
		return e;
	e = ERR_NOT_FOUND;
	while (db_next(q)) {
		snprintf(out, SIGN_SECRET_SIZE, "%s", db_col_text(q, 0));
		e = ERR_OK;
	}
	return e;
}

enum err store_secret_add(struct store *s, uint64_t hook, const char *secret,
			  int64_t now)
{
	return db_exec(s->db,
		       "INSERT INTO hook_secrets (hook_id, secret, created_at) "
		       "VALUES (?, ?, ?)",
		       DB_ARGS(db_uint(hook), db_text(secret), db_time(now)));
}

static enum err expire(struct store *s, uint64_t hook, int64_t overlap,
		       int64_t now)
{
	enum err e = db_exec(s->db,
			     "UPDATE hook_secrets SET expires_at = ? "
			     "WHERE hook_id = ? AND expires_at IS NULL",
			     DB_ARGS(db_time(now + overlap), db_uint(hook)));

	if (!e)
		e = db_exec(s->db,
			    "DELETE FROM hook_secrets WHERE hook_id = ? AND "
			    "expires_at <= ?",
			    DB_ARGS(db_uint(hook), db_time(now)));
	return e;
}

static enum err check_limit(struct store *s, uint64_t hook)
{
	struct db_stmt *q;
	uint64_t n = 0;
	enum err e = db_query(
		s->db, "SELECT COUNT(*) FROM hook_secrets WHERE hook_id = ?",
		DB_ARGS(db_uint(hook)), &q);

	while (!e && db_next(q))
		n = db_col_uint(q, 0);
	return !e && n >= STORE_SECRETS_MAX ? ERR_LIMIT : e;
}

enum err store_secret_replace(struct store *s, uint64_t hook,
			      const char *secret, int64_t overlap, int64_t now)
{
	char current[SIGN_SECRET_SIZE];
	enum err e = store_secret_current(s, hook, current);

	if (!e && strcmp(current, secret) == 0)
		return ERR_OK;
	if (e && e != ERR_NOT_FOUND)
		return e;
	e = expire(s, hook, overlap, now);
	if (!e)
		e = check_limit(s, hook);
	return e ? e : store_secret_add(s, hook, secret, now);
}
