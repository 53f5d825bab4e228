/* SPDX-License-Identifier: MIT */
/*
 * vault_headers: one value after the other.
 */
#include "store/vault_headers.h"

#include <string.h>

#include "base/buf.h"
#include "outside/crypt.h"
#include "outside/jtree.h"
#include "rules/vault.h"

enum {
	SEAL = '\x01',
	KEY_ID_SIZE = VAULT_MARK_SIZE - 1,
	STORED_MAX = 4 * 1024 * 1024
};

bool vault_headers_is_sealed(const char *value)
{
	return *value == SEAL;
}

/* The hook and the header that an encrypted value belongs to. */
static struct crypt_part about(struct arena *arena, uint64_t hook,
			       const char *name)
{
	const char *text =
		arena_printf(arena, "%llu %s", (unsigned long long)hook, name);

	return (struct crypt_part){text, strlen(text)};
}

static const char *seal_value(struct arena *arena, const unsigned char *key,
			      const struct crypt_part *about, const char *value)
{
	struct crypt_part text = {value, strlen(value)};
	size_t n = KEY_ID_SIZE + CRYPT_SEAL_MORE + text.n;
	unsigned char *bytes = arena_alloc(arena, n + 1);
	char *out = arena_alloc(arena, CRYPT_BASE64_SIZE(n) + 1);
	unsigned char mark[VAULT_MARK_SIZE];

	vault_mark(mark, key);
	memcpy(bytes, mark + 1, KEY_ID_SIZE);
	crypt_seal(bytes + KEY_ID_SIZE, key, about, &text);
	out[0] = SEAL;
	crypt_base64(out + 1, bytes, n);
	return out;
}

/* The key's identity and what follows it; NULL: not made here. */
static unsigned char *read_bytes(struct arena *arena, const char *value,
				 size_t *n)
{
	size_t len = strlen(value + 1);
	unsigned char *bytes = arena_alloc(arena, len + 1);

	if (!crypt_unbase64(bytes, len, n, value + 1, len) ||
	    *n < KEY_ID_SIZE + CRYPT_SEAL_MORE)
		return NULL;
	return bytes;
}

static bool made_with(const unsigned char *bytes, const unsigned char *key)
{
	unsigned char mark[VAULT_MARK_SIZE];

	if (!key)
		return false;
	vault_mark(mark, key);
	return memcmp(bytes, mark + 1, KEY_ID_SIZE) == 0;
}

static const char *open_value(struct arena *arena, const unsigned char *key,
			      const struct crypt_part *about, const char *value)
{
	size_t n;
	unsigned char *bytes = read_bytes(arena, value, &n);
	struct crypt_part sealed;
	char *out;

	if (!bytes || !made_with(bytes, key))
		return NULL;
	sealed = (struct crypt_part){bytes + KEY_ID_SIZE, n - KEY_ID_SIZE};
	out = arena_alloc(arena, sealed.n - CRYPT_SEAL_MORE + 1);
	if (!crypt_open(out, key, about, &sealed))
		return NULL;
	out[sealed.n - CRYPT_SEAL_MORE] = '\0';
	return out;
}

/* ---- all of them ---- */

struct conversion {
	struct arena *arena;
	const unsigned char *key;
	uint64_t hook;
	bool to_seal;
};

/* NULL: it cannot be opened. */
static const char *convert_value(const struct conversion *c, const char *name,
				 const char *value)
{
	struct crypt_part belongs = about(c->arena, c->hook, name);

	if (vault_headers_is_sealed(value) == c->to_seal)
		return value;
	return c->to_seal ? seal_value(c->arena, c->key, &belongs, value)
			  : open_value(c->arena, c->key, &belongs, value);
}

static const char *write_json(struct arena *arena, struct jtree *v)
{
	const char *text;
	struct buf b;

	buf_init(&b, STORED_MAX);
	jtree_write(&b, v);
	text = arena_memdup(arena, b.data, b.len);
	crypt_wipe(b.data, b.len);
	buf_release(&b);
	return text;
}

/* Whether all of it could be done. */
static bool convert_all(const struct conversion *c, const char *json,
			const char **out)
{
	struct jtree *in = jtree_parse(json, strlen(json));
	struct jtree *made = jtree_object();
	const struct jtree *value;
	const char *name;
	struct jtree_iter it;
	bool all = true;

	for (jtree_iter_init(&it, in); jtree_iter_next(&it, &name, &value);) {
		const char *before = jtree_string(value, NULL);
		const char *after =
			before ? convert_value(c, name, before) : "";

		all = all && after;
		jtree_put_string(made, name, after ? after : before);
	}
	*out = write_json(c->arena, made);
	jtree_free(made);
	jtree_free(in);
	return all;
}

const char *vault_headers_seal(struct arena *arena, const unsigned char *key,
			       uint64_t hook, const char *json)
{
	struct conversion c = {arena, key, hook, true};

	if (json && key)
		convert_all(&c, json, &json);
	return json;
}

bool vault_headers_open(struct arena *arena, const unsigned char *key,
			uint64_t hook, const char *json, const char **out)
{
	struct conversion c = {arena, key, hook, false};

	*out = json;
	/* As JSON has U+0001: most headers are not encrypted. */
	if (!json || !strstr(json, "\"\\u0001"))
		return true;
	return convert_all(&c, json, out);
}

static bool value_is_current(struct arena *arena, const char *value,
			     const unsigned char *key)
{
	unsigned char *bytes;
	size_t n;

	if (!key || !vault_headers_is_sealed(value))
		return !key == !vault_headers_is_sealed(value);
	bytes = read_bytes(arena, value, &n);
	return bytes && made_with(bytes, key);
}

bool vault_headers_are_current(const char *json, const unsigned char *key)
{
	struct jtree *in = json ? jtree_parse(json, strlen(json)) : NULL;
	const struct jtree *value;
	struct arena arena;
	const char *name;
	struct jtree_iter it;
	bool all = true;

	arena_init(&arena);
	for (jtree_iter_init(&it, in);
	     all && jtree_iter_next(&it, &name, &value);) {
		const char *text = jtree_string(value, NULL);

		all = text && value_is_current(&arena, text, key);
	}
	arena_release(&arena);
	jtree_free(in);
	return all;
}
