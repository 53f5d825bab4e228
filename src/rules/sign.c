/* SPDX-License-Identifier: MIT */
/*
 * sign: keys and signatures, in and out of their written forms.
 */
#include "rules/sign.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "outside/crypt.h"

static const char prefix[] = "whsec_";

enum { PREFIX_LEN = sizeof(prefix) - 1, NEW_KEY_LEN = 32 };

bool sign_key_parse(const char *secret, size_t len, struct sign_key *out)
{
	struct sign_key key = {.len = 0};

	if (len < PREFIX_LEN || memcmp(secret, prefix, PREFIX_LEN) != 0)
		return false;
	if (!crypt_unbase64(key.b, sizeof(key.b), &key.len, secret + PREFIX_LEN,
			    len - PREFIX_LEN))
		return false;
	if (key.len < SIGN_KEY_MIN)
		return false;
	*out = key;
	return true;
}

void sign_key_format(char out[SIGN_SECRET_SIZE], const struct sign_key *key)
{
	memcpy(out, prefix, PREFIX_LEN);
	crypt_base64(out + PREFIX_LEN, key->b, key->len);
}

void sign_key_new(struct sign_key *key)
{
	*key = (struct sign_key){.len = NEW_KEY_LEN};
	crypt_random(key->b, key->len);
}

void sign_add(struct buf *out, const struct sign_key *key, const char *id,
	      int64_t timestamp_s, const void *body, size_t len)
{
	unsigned char mac[CRYPT_HASH_SIZE];
	char text[CRYPT_BASE64_SIZE(CRYPT_HASH_SIZE)];
	char stamp[32];
	int n = snprintf(stamp, sizeof(stamp), ".%" PRId64 ".", timestamp_s);
	const struct crypt_part parts[] = {
		{id, strlen(id)},
		{stamp, (size_t)n},
		{body, len},
	};

	crypt_hmac_sha256(mac, key->b, key->len, parts,
			  sizeof(parts) / sizeof(parts[0]));
	crypt_base64(text, mac, sizeof(mac));
	buf_puts(out, out->len ? " v1," : "v1,");
	buf_puts(out, text);
}
