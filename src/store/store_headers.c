/* SPDX-License-Identifier: MIT */
/*
 * store_headers: a sweep over `vh_hooks`.
 */
#include "store/store_headers.h"

#include "base/mem.h"
#include "store/store.h"
#include "store/store_col.h"
#include "store/store_secret.h"
#include "store/vault_headers.h"

enum { STEP = 500 };

/* Writes the row, unless it was changed since it was read. */
static enum err set_headers(struct store *s, struct store_secret_sweep *w,
			    const char *before, const char *after)
{
	enum err e = db_exec(
		s->db,
		"UPDATE vh_hooks SET headers = ? WHERE id = ? AND "
		"headers = ?",
		DB_ARGS(db_text(after), db_uint(w->after), db_text(before)));

	if (!e)
		w->rewritten += db_affected(s->db);
	return e;
}

static enum err rewrite_headers(struct store *s, struct store_secret_sweep *w,
				struct arena *arena, const char *stored)
{
	const unsigned char *key = conf_secrets_key(s->conf);
	const char *plain;

	if (vault_headers_are_current(stored, key))
		return ERR_OK;
	/* Of several values some may have the new key already. */
	vault_headers_open(arena, key, w->after, stored, &plain);
	if (!vault_headers_open(arena, w->old_key, w->after, plain, &plain)) {
		w->unreadable++;
		return ERR_OK;
	}
	return set_headers(s, w, stored,
			   vault_headers_seal(arena, key, w->after, plain));
}

enum err store_headers_rewrite(struct store *s, struct store_secret_sweep *w)
{
	struct arena arena;
	struct db_stmt *q;
	enum err e = db_query(s->db,
			      "SELECT id, headers FROM vh_hooks WHERE id > ? "
			      "AND headers IS NOT NULL ORDER BY id LIMIT ?",
			      DB_ARGS(db_uint(w->after), db_int(STEP)), &q);

	arena_init(&arena);
	w->more = !e && db_rows(q) == STEP;
	while (!e && db_next(q)) {
		w->after = db_col_uint(q, 0);
		e = rewrite_headers(s, w, &arena, store_col_text(q, 1, &arena));
	}
	arena_release(&arena);
	return e;
}
