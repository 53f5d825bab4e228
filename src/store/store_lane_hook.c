/* SPDX-License-Identifier: MIT */
/*
 * store_lane_hook: reads hooks and secrets for a round.
 */
#include "store/store_lane_hook.h"

#include <string.h>

#include "base/mem.h"
#include "outside/crypt.h"
#include "rules/vault.h"
#include "store/store.h"
#include "store/store_col.h"
#include "store/vault_headers.h"

static void read_lane_hook(const struct store *s, struct db_stmt *q,
			   struct arena *arena, struct store_lane_hook *h)
{
	const char *headers = store_col_text_null(q, 3, arena);

	h->organization = store_col_id(q, 1);
	h->target_url = store_col_text(q, 2, arena);
	h->unreadable = !vault_headers_open(arena, conf_secrets_key(s->conf),
					    h->hook, headers, &h->headers);
	h->batch_size = (unsigned)db_col_uint(q, 4);
	h->rate_limit = (unsigned)db_col_uint(q, 5);
	h->ordered = db_col_int(q, 6) != 0;
	h->enabled = db_col_int(q, 7) != 0;
	h->deleted = !db_col_null(q, 8);
	h->updated_at = db_col_time(q, 9);
	h->created_at = db_col_time(q, 10);
}

static void add_secret(const struct store *s, struct db_stmt *q,
		       struct store_lane_hook *h)
{
	char secret[SIGN_SECRET_SIZE];
	size_t len;
	const char *stored = db_col_bytes(q, 1, &len);

	if (!vault_open(secret, conf_secrets_key(s->conf), h->hook, stored,
			len)) {
		h->unreadable = true;
		return;
	}
	if (h->keys < STORE_LANE_KEYS &&
	    sign_key_parse(secret, strlen(secret), &h->key[h->keys]))
		h->key_end[h->keys++] = db_col_time(q, 2);
	crypt_wipe(secret, sizeof(secret));
}

static enum err read_secrets(struct store *s, const struct db_value *list,
			     size_t n, struct store_lane_hook *hooks)
{
	struct db_stmt *q;
	enum err e;

	e = db_query_list(s->db,
			  "SELECT hook_id, secret, expires_at "
			  "FROM vh_hook_secrets WHERE "
			  "(expires_at IS NULL OR expires_at > "
			  "UTC_TIMESTAMP(3)) AND hook_id IN ({?}) "
			  "ORDER BY id DESC",
			  DB_NONE, list, n, &q);
	while (!e && db_next(q)) {
		for (size_t i = 0; i < n; i++)
			if (hooks[i].hook == db_col_uint(q, 0))
				add_secret(s, q, &hooks[i]);
	}
	return e;
}

enum err store_lane_hooks(struct store *s, struct arena *arena,
			  const uint64_t *keys, size_t n,
			  struct store_lane_hook *hooks)
{
	struct db_value list[STORE_LANE_MAX];
	struct db_stmt *q;
	enum err e;

	if (!n)
		return ERR_OK;
	for (size_t i = 0; i < n; i++)
		hooks[i] = (struct store_lane_hook){.hook = keys[i],
						    .deleted = true};
	db_uints(list, keys, n);
	e = db_query_list(
		s->db,
		"SELECT id, organization, target_url, headers, "
		"batch_size, rate_limit, ordered, enabled, "
		"deleted_at, updated_at, created_at FROM vh_hooks WHERE "
		"id IN ({?})",
		DB_NONE, list, n, &q);
	while (!e && db_next(q)) {
		/* Two lanes may belong to the same hook. */
		for (size_t i = 0; i < n; i++)
			if (hooks[i].hook == db_col_uint(q, 0))
				read_lane_hook(s, q, arena, &hooks[i]);
	}
	return e ? e : read_secrets(s, list, n, hooks);
}

enum err store_lane_hook_changes(struct store *s, const uint64_t *hooks,
				 size_t n, int64_t *changes)
{
	struct db_value list[STORE_LANE_MAX];
	struct db_stmt *q;
	enum err e;

	if (!n)
		return ERR_OK;
	for (size_t i = 0; i < n; i++)
		changes[i] = STORE_LANE_HOOK_DELETED; /* unless it is found */
	db_uints(list, hooks, n);
	e = db_query_list(s->db,
			  "SELECT id, updated_at FROM vh_hooks WHERE "
			  "deleted_at IS NULL AND id IN ({?})",
			  DB_NONE, list, n, &q);
	while (!e && db_next(q))
		for (size_t i = 0; i < n; i++)
			if (hooks[i] == db_col_uint(q, 0))
				changes[i] = db_col_time(q, 1);
	return e;
}
