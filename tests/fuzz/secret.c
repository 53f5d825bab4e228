/* SPDX-License-Identifier: MIT */
/*
 * secret: signing secrets as a tenant writes them, and as they are stored. A
 * secret has one form; a sealed one opens with its key, for its hook, and only
 * as a whole; bytes that nobody sealed do not open as sealed.
 */
#include "fuzz.h"

#include "rules/sign.h"
#include "rules/vault.h"

static const unsigned char key[CRYPT_KEY_SIZE] = "one that everybody knows";
static const unsigned char other[CRYPT_KEY_SIZE] = "another one";

static void check_written(const char *s, size_t len)
{
	char again[SIGN_SECRET_SIZE];
	struct sign_key k;

	if (!sign_key_parse(s, len, &k))
		return;
	CHECK(k.len >= SIGN_KEY_MIN && k.len <= SIGN_KEY_MAX);
	sign_key_format(again, &k);
	CHECK(strlen(again) == len && memcmp(again, s, len) == 0);
}

static void check_stored(const uint8_t *data, size_t size)
{
	char out[SIGN_SECRET_SIZE];
	bool sealed = vault_is_sealed(data, size);

	CHECK(!sealed || !vault_open(out, key, 1, data, size));
	CHECK(!sealed || !vault_open(out, NULL, 1, data, size));
	if (sealed || size >= SIGN_SECRET_SIZE)
		return;
	CHECK(vault_is_current(data, size, NULL));
	CHECK(vault_open(out, key, 1, data, size));
	CHECK(!size || memcmp(out, data, size) == 0);
	CHECK(!out[size]);
}

static void check_sealed(const char *secret)
{
	unsigned char stored[VAULT_SIZE];
	char out[SIGN_SECRET_SIZE];
	size_t n = vault_seal(stored, key, 7, secret);

	CHECK(n <= sizeof(stored) && vault_is_current(stored, n, key));
	CHECK(!vault_is_current(stored, n, other));
	CHECK(vault_open(out, key, 7, stored, n));
	CHECK(strcmp(out, secret) == 0);
	CHECK(!vault_open(out, key, 8, stored, n));
	CHECK(!vault_open(out, other, 7, stored, n));
	CHECK(!vault_open(out, key, 7, stored, n - 1));
	stored[n * 2 / 3] ^= 1;
	CHECK(!vault_open(out, key, 7, stored, n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *s = fuzz_text(data, size);

	check_written((const char *)data, size);
	check_stored(data, size);
	if (strlen(s) < SIGN_SECRET_SIZE)
		check_sealed(s);
	free(s);
	return 0;
}
