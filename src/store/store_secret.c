/* SPDX-License-Identifier: MIT */
/*
 * store_secret: rows of `vh_hook_secrets`.
 */
#include "store/store_secret.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "outside/crypt.h"
#include "rules/vault.h"
#include "store/store.h"

static enum err unreadable(uint64_t hook)
{
	log_error("the secret of hook %llu cannot be read with [secrets] "
		  "key_file",
		  (unsigned long long)hook);
	return ERR_CONFIG;
}

enum err store_secret_current(struct store *s, uint64_t hook,
			      char out[SIGN_SECRET_SIZE])
{
	struct db_stmt *q;
	enum err e = db_query(s->db,
			      "SELECT secret FROM vh_hook_secrets WHERE "
			      "hook_id = ? AND (expires_at IS NULL OR "
			      "expires_at > UTC_TIMESTAMP(3)) "
			      "ORDER BY id DESC LIMIT 1",
			      DB_ARGS(db_uint(hook)), &q);

	if (e)
		return e;
	e = ERR_NOT_FOUND;
	while (db_next(q)) {
		size_t n;
		const char *stored = db_col_bytes(q, 0, &n);

		e = vault_open(out, conf_secrets_key(s->conf), hook, stored, n)
			    ? ERR_OK
			    : unreadable(hook);
	}
	return e;
}

enum err store_secret_add(struct store *s, uint64_t hook, const char *secret,
			  int64_t now)
{
	unsigned char stored[VAULT_SIZE];
	size_t n = vault_seal(stored, conf_secrets_key(s->conf), hook, secret);

	return db_exec(
		s->db,
		"INSERT INTO vh_hook_secrets (hook_id, secret, created_at) "
		"VALUES (?, ?, ?)",
		DB_ARGS(db_uint(hook), db_bytes(stored, n), db_time(now)));
}

static enum err expire(struct store *s, uint64_t hook, int64_t overlap,
		       int64_t now)
{
	enum err e = db_exec(s->db,
			     "UPDATE vh_hook_secrets SET expires_at = ? "
			     "WHERE hook_id = ? AND expires_at IS NULL",
			     DB_ARGS(db_time(now + overlap), db_uint(hook)));

	/* Without an overlap those of earlier rotations end, too. */
	if (!e)
		e = db_exec(
			s->db,
			"DELETE FROM vh_hook_secrets WHERE hook_id = ? AND "
			"(expires_at <= ? OR ? = 0)",
			DB_ARGS(db_uint(hook), db_time(now), db_int(overlap)));
	return e;
}

static enum err check_secret_limit(struct store *s, uint64_t hook)
{
	struct db_stmt *q;
	uint64_t n = 0;
	enum err e = db_query(
		s->db, "SELECT COUNT(*) FROM vh_hook_secrets WHERE hook_id = ?",
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
	bool same = !e && strcmp(current, secret) == 0;

	crypt_wipe(current, sizeof(current));
	if (same)
		return ERR_OK;
	/* A new secret must be possible when the old one cannot be read. */
	if (e && e != ERR_NOT_FOUND && e != ERR_CONFIG)
		return e;
	e = expire(s, hook, overlap, now);
	if (!e)
		e = check_secret_limit(s, hook);
	return e ? e : store_secret_add(s, hook, secret, now);
}

/* ---- the key file ---- */

/* Checks the newest secret; a single one that is encrypted with another key
 * may be chance. */
static enum err newest_fits(struct store *s, bool *fits)
{
	struct db_stmt *q;
	enum err e = db_query(s->db,
			      "SELECT secret FROM vh_hook_secrets "
			      "ORDER BY id DESC LIMIT 1",
			      DB_NONE, &q);

	*fits = true;
	while (!e && db_next(q)) {
		size_t n;
		const char *stored = db_col_bytes(q, 0, &n);

		*fits = !vault_is_sealed(stored, n) ||
			vault_is_current(stored, n, conf_secrets_key(s->conf));
	}
	return e;
}

static enum err any_fits(struct store *s, bool *fits)
{
	unsigned char mark[VAULT_MARK_SIZE];
	struct db_stmt *q;
	enum err e;

	*fits = false;
	if (!s->conf->secrets.has_key)
		return ERR_OK;
	vault_mark(mark, conf_secrets_key(s->conf));
	e = db_query(s->db,
		     "SELECT 1 FROM vh_hook_secrets WHERE LEFT(secret, ?) = ? "
		     "LIMIT 1",
		     DB_ARGS(db_int(VAULT_MARK_SIZE),
			     db_bytes(mark, VAULT_MARK_SIZE)),
		     &q);
	if (!e)
		*fits = db_rows(q) > 0;
	return e;
}

enum err store_secret_check(struct store *s)
{
	bool fits;
	enum err e = newest_fits(s, &fits);

	if (!e && !fits)
		e = any_fits(s, &fits);
	if (e || fits)
		return e;
	log_error("the secrets in the database are encrypted, and [secrets] "
		  "key_file %s",
		  s->conf->secrets.has_key ? "holds another key"
					   : "is not set");
	return ERR_CONFIG;
}

/* ---- writing all of them again ---- */

enum { STEP = 500 };

/* Writes the row, unless it was changed since it was read. */
static enum err rewrite_one(struct store *s, struct store_secret_sweep *w,
			    uint64_t hook, const char *stored, size_t n)
{
	const unsigned char *key = conf_secrets_key(s->conf);
	unsigned char anew[VAULT_SIZE];
	char secret[SIGN_SECRET_SIZE];
	enum err e;

	if (vault_is_current(stored, n, key))
		return ERR_OK;
	if (!vault_open(secret, w->old_key, hook, stored, n)) {
		w->unreadable++;
		return ERR_OK;
	}
	e = db_exec(s->db,
		    "UPDATE vh_hook_secrets SET secret = ? WHERE id = ? AND "
		    "secret = ?",
		    DB_ARGS(db_bytes(anew, vault_seal(anew, key, hook, secret)),
			    db_uint(w->after), db_bytes(stored, n)));
	crypt_wipe(secret, sizeof(secret));
	if (!e)
		w->rewritten += db_affected(s->db);
	return e;
}

enum err store_secret_rewrite(struct store *s, struct store_secret_sweep *w)
{
	struct db_stmt *q;
	enum err e = db_query(s->db,
			      "SELECT id, hook_id, secret FROM vh_hook_secrets "
			      "WHERE id > ? ORDER BY id LIMIT ?",
			      DB_ARGS(db_uint(w->after), db_int(STEP)), &q);

	w->more = !e && db_rows(q) == STEP;
	while (!e && db_next(q)) {
		size_t n;
		const char *stored = db_col_bytes(q, 2, &n);

		w->after = db_col_uint(q, 0);
		e = rewrite_one(s, w, db_col_uint(q, 1), stored, n);
	}
	return e;
}
