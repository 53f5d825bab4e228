/* SPDX-License-Identifier: MIT */
/*
 * store_key: rows of `vh_api_keys`, always read together with the organization
 * they belong to.
 */
#include "store/store_key.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/store.h"
#include "store/store_col.h"

#define KEY_PREFIX "vh_"

enum { KEY_BYTES = 32, TOUCH_MS = 60000 };

_Static_assert(STORE_KEY_TEXT_SIZE ==
		       sizeof(KEY_PREFIX) + (KEY_BYTES * 8 + 5) / 6,
	       "a key's text has its prefix and six bits a character");

/* The columns of read_key(), in its order. */
#define SELECT_KEYS                                                            \
	"SELECT k.id, k.role, k.name, k.created_at, k.last_used_at, "          \
	"o.id, COALESCE(o.name, ''), o.created_at, o.updated_at, "             \
	"UTC_TIMESTAMP(3) FROM vh_api_keys k LEFT JOIN vh_organizations o "    \
	"ON o.id = k.organization "

static const char *const role_names[ROLE_MAX] = {
	[ROLE_READ] = "read",	  [ROLE_PUBLISH] = "publish",
	[ROLE_MANAGE] = "manage", [ROLE_RUN] = "run",
	[ROLE_ADMIN] = "admin",
};

const char *store_role_name(enum store_role role)
{
	return role_names[role];
}

bool store_role_parse(const char *name, enum store_role *out)
{
	for (unsigned i = 0; i < ROLE_MAX; i++) {
		if (strcmp(role_names[i], name) == 0) {
			*out = (enum store_role)i;
			return true;
		}
	}
	return false;
}

void store_key_hash(unsigned char hash[CRYPT_HASH_SIZE], const char *text,
		    size_t len)
{
	crypt_sha256(hash, text, len);
}

static void read_text(const struct db_stmt *q, unsigned col,
		      char out[STORE_NAME_SIZE])
{
	snprintf(out, STORE_NAME_SIZE, "%s", db_col_text(q, col));
}

static void read_key(const struct db_stmt *q, struct store_key *key)
{
	key->id = store_col_id(q, 0);
	/* The column is an ENUM of exactly these names. */
	if (!store_role_parse(db_col_text(q, 1), &key->role))
		key->role = ROLE_READ;
	read_text(q, 2, key->name);
	key->created_at = db_col_time(q, 3);
	key->last_used_at = db_col_time(q, 4);
	key->org.id = store_col_id(q, 5);
	read_text(q, 6, key->org.name);
	key->org.created_at = db_col_time(q, 7);
	key->org.updated_at = db_col_time(q, 8);
	key->now = db_col_time(q, 9);
}

enum err store_key_find(struct store *s,
			const unsigned char hash[CRYPT_HASH_SIZE],
			struct store_key *out)
{
	struct db_stmt *q;
	enum err e = db_query(s->db,
			      SELECT_KEYS
			      "WHERE k.hash = ? AND k.revoked_at IS NULL AND "
			      "(o.id IS NOT NULL OR k.role = 'admin')",
			      DB_ARGS(db_bytes(hash, CRYPT_HASH_SIZE)), &q);

	if (e)
		return e;
	e = ERR_NOT_FOUND;
	while (db_next(q)) {
		read_key(q, out);
		e = ERR_OK;
	}
	return e;
}

enum err store_key_touch(struct store *s, const struct store_key *key)
{
	if (key->last_used_at != TIME_NONE &&
	    key->now - key->last_used_at < TOUCH_MS)
		return ERR_OK;
	return db_exec(s->db,
		       "UPDATE vh_api_keys SET last_used_at = ? "
		       "WHERE id = ?",
		       DB_ARGS(db_time(key->now), store_col_of(&key->id)));
}

/* Base64 in the alphabet of URLs (RFC 4648 5), without padding. */
static void make_text(char text[STORE_KEY_TEXT_SIZE])
{
	enum { PREFIX = sizeof(KEY_PREFIX) - 1 };
	unsigned char random[KEY_BYTES];
	char base64[CRYPT_BASE64_SIZE(KEY_BYTES)];

	crypt_random(random, sizeof(random));
	crypt_base64(base64, random, sizeof(random));
	memcpy(text, KEY_PREFIX, PREFIX);
	memcpy(text + PREFIX, base64, STORE_KEY_TEXT_SIZE - PREFIX);
	text[STORE_KEY_TEXT_SIZE - 1] = '\0';
	for (char *p = text; *p; p++) {
		if (*p == '+')
			*p = '-';
		else if (*p == '/')
			*p = '_';
	}
}

static struct db_value owner_value(const struct store_key *key)
{
	return key->role == ROLE_ADMIN ? db_null() : store_col_of(&key->org.id);
}

static enum err insert_key(struct store *s, const struct store_key *key,
			   const char *text)
{
	unsigned char hash[CRYPT_HASH_SIZE];
	enum err e;

	store_key_hash(hash, text, strlen(text));
	e = db_exec(s->db,
		    "INSERT INTO vh_api_keys "
		    "(id, organization, hash, role, name, created_at) "
		    "VALUES (?, ?, ?, ?, ?, ?)",
		    DB_ARGS(store_col_of(&key->id), owner_value(key),
			    db_bytes(hash, sizeof(hash)),
			    db_text(store_role_name(key->role)),
			    db_text(key->name), db_time(key->created_at)));
	/* A random id that exists already is our own first try, whose answer
	 * was lost with the connection. */
	return e == ERR_CONFLICT ? ERR_OK : e;
}

enum err store_key_create(struct store *s, const struct id *org,
			  enum store_role role, const char *name,
			  char text[STORE_KEY_TEXT_SIZE], struct store_key *out)
{
	struct store_key key = {.role = role, .last_used_at = TIME_NONE};
	char made[STORE_KEY_TEXT_SIZE];
	enum err e = org ? store_org_find(s, org, &key.org) : ERR_OK;

	if (!e)
		e = store_now(s, &key.now);
	if (e)
		return e;
	key.created_at = key.now;
	id_new(&key.id, key.now);
	snprintf(key.name, sizeof(key.name), "%s", name);
	make_text(made);
	e = insert_key(s, &key, made);
	if (e)
		return e;
	memcpy(text, made, sizeof(made));
	*out = key;
	return ERR_OK;
}

enum err store_key_list(struct store *s, const struct id *org,
			struct arena *arena, struct store_key **list,
			size_t *count)
{
	struct store_org found;
	struct store_key *keys;
	struct db_stmt *q;
	size_t n = 0;
	enum err e = org ? store_org_find(s, org, &found) : ERR_OK;

	if (!e)
		e = db_query(s->db,
			     SELECT_KEYS "WHERE k.organization <=> ? AND "
					 "k.revoked_at IS NULL "
					 "ORDER BY k.created_at, k.id",
			     DB_ARGS(org ? store_col_of(org) : db_null()), &q);
	if (e)
		return e;
	keys = arena_alloc(arena, db_rows(q) * sizeof(*keys));
	while (db_next(q))
		read_key(q, &keys[n++]);
	*list = keys;
	*count = n;
	return ERR_OK;
}

enum err store_key_revoke(struct store *s, const struct id *id)
{
	enum err e =
		db_exec(s->db,
			"UPDATE vh_api_keys SET revoked_at = "
			"COALESCE(revoked_at, UTC_TIMESTAMP(3)) WHERE id = ?",
			DB_ARGS(store_col_of(id)));

	if (!e && db_affected(s->db) == 0)
		return ERR_NOT_FOUND;
	return e;
}
