/* SPDX-License-Identifier: MIT */
/*
 * store_key: API keys. A key is readable text, shown once when it is created;
 * only its SHA-256 is stored. Keys have 256 random bits, so a fast hash
 * without salt reveals nothing and can be found by an index.
 */
#ifndef HOOKS_STORE_KEY_H
#define HOOKS_STORE_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "outside/crypt.h"
#include "rules/id.h"
#include "store/store_org.h"

struct arena;
struct store;

/* The rights of a key. */
enum store_role {
	ROLE_READ,    /* GET, but no secret */
	ROLE_PUBLISH, /* read, and publish notifications */
	ROLE_MANAGE,  /* everything */
	ROLE_RUN,     /* start a sender run, nothing else */
	ROLE_ADMIN,   /* everything, of every organization and of all */
	ROLE_MAX
};

/* "read", "publish", "manage", "run", "admin", as stored and as typed. */
const char *store_role_name(enum store_role role);
bool store_role_parse(const char *name, enum store_role *out);

enum { STORE_KEY_TEXT_SIZE = 47 }; /* "vh_", 43 of A-Z a-z 0-9 _ -, NUL */

struct store_key {
	struct id id;
	struct store_org org; /* all zero: a key of the role `admin` */
	enum store_role role;
	char name[STORE_NAME_SIZE];
	int64_t created_at, last_used_at; /* TIME_NONE: never used */
	/* The database's clock when the row was read. */
	int64_t now;
};

/* The stored form of a key. */
void store_key_hash(unsigned char hash[CRYPT_HASH_SIZE], const char *text,
		    size_t len);

/* The valid key with this hash and its organization, in one SELECT;
 * ERR_NOT_FOUND: there is none, or it was revoked. */
enum err store_key_find(struct store *s,
			const unsigned char hash[CRYPT_HASH_SIZE],
			struct store_key *out);
/* Notes that the key was used; writes at most once a minute for each key. */
enum err store_key_touch(struct store *s, const struct store_key *key);

/*
 * Creates a key of the organization and writes its text to `text`; it cannot be
 * read again later. `org` is NULL if and only if the role is ROLE_ADMIN.
 * ERR_NOT_FOUND: no such organization. `name` has passed valid_name() or is
 * empty.
 */
enum err store_key_create(struct store *s, const struct id *org,
			  enum store_role role, const char *name,
			  char text[STORE_KEY_TEXT_SIZE],
			  struct store_key *out);
/* The organization's keys that are not revoked, oldest first; *arena*. With
 * NULL those of the role `admin`. ERR_NOT_FOUND: no such organization. */
enum err store_key_list(struct store *s, const struct id *org,
			struct arena *arena, struct store_key **list,
			size_t *count);
/* ERR_NOT_FOUND: it never existed. A key that was revoked before stays so. */
enum err store_key_revoke(struct store *s, const struct id *id);

#endif
