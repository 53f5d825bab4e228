/* SPDX-License-Identifier: MIT */
/*
 * vault: the stored form of secrets, in and out.
 */
#include "rules/vault.h"

#include <string.h>

enum { SEALED = 1, HOOK_SIZE = 8 };

static void hook_bytes(unsigned char out[HOOK_SIZE], uint64_t hook)
{
	for (size_t i = HOOK_SIZE; i-- > 0; hook >>= 8)
		out[i] = (unsigned char)hook;
}

void vault_mark(unsigned char mark[VAULT_MARK_SIZE],
		const unsigned char key[CRYPT_KEY_SIZE])
{
	unsigned char hash[CRYPT_HASH_SIZE];

	crypt_sha256(hash, key, CRYPT_KEY_SIZE);
	mark[0] = SEALED;
	memcpy(mark + 1, hash, VAULT_MARK_SIZE - 1);
}

size_t vault_seal(unsigned char out[VAULT_SIZE], const unsigned char *key,
		  uint64_t hook, const char *secret)
{
	unsigned char about[HOOK_SIZE];
	size_t n = strlen(secret);

	if (!key) {
		memcpy(out, secret, n);
		return n;
	}
	vault_mark(out, key);
	hook_bytes(about, hook);
	crypt_seal(out + VAULT_MARK_SIZE, key,
		   &(struct crypt_part){about, sizeof(about)},
		   &(struct crypt_part){secret, n});
	return VAULT_MARK_SIZE + CRYPT_SEAL_MORE + n;
}

bool vault_is_sealed(const void *stored, size_t n)
{
	return n && *(const unsigned char *)stored == SEALED;
}

bool vault_is_current(const void *stored, size_t n, const unsigned char *key)
{
	unsigned char mark[VAULT_MARK_SIZE];

	if (!key)
		return !vault_is_sealed(stored, n);
	vault_mark(mark, key);
	return n >= sizeof(mark) && memcmp(stored, mark, sizeof(mark)) == 0;
}

bool vault_open(char out[SIGN_SECRET_SIZE], const unsigned char *key,
		uint64_t hook, const void *stored, size_t n)
{
	const unsigned char *p = stored;
	unsigned char about[HOOK_SIZE];
	bool sealed = vault_is_sealed(stored, n);
	size_t more = sealed ? VAULT_MARK_SIZE + CRYPT_SEAL_MORE : 0;

	if (n < more || n - more >= SIGN_SECRET_SIZE)
		return false;
	n -= more;
	if (sealed) {
		if (!key || !vault_is_current(p, n + more, key))
			return false;
		hook_bytes(about, hook);
		if (!crypt_open(out, key,
				&(struct crypt_part){about, sizeof(about)},
				&(struct crypt_part){p + VAULT_MARK_SIZE,
						     n + CRYPT_SEAL_MORE}))
			return false;
	} else {
		memcpy(out, p, n);
	}
	out[n] = '\0';
	return true;
}
