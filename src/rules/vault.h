/* SPDX-License-Identifier: MIT */
/*
 * vault: the stored form of a hook's secret: plain, or encrypted with the key
 * of [secrets] key_file. AES-256-GCM with a random nonce; the hook's key is
 * authenticated with it, so a row does not open as another hook's.
 *
 * An encrypted secret is stored as a byte 1, four bytes that identify its key
 * (from the key's SHA-256), the nonce, the secret and the tag. A plain one
 * begins with "whsec_".
 */
#ifndef HOOKS_VAULT_H
#define HOOKS_VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "outside/crypt.h"
#include "rules/sign.h"

enum {
	VAULT_MARK_SIZE = 5, /* the bytes that identify the key */
	VAULT_SIZE = VAULT_MARK_SIZE + CRYPT_SEAL_MORE + SIGN_SECRET_SIZE
};

/* The first bytes of every secret that is encrypted with this key. */
void vault_mark(unsigned char mark[VAULT_MARK_SIZE],
		const unsigned char key[CRYPT_KEY_SIZE]);

/* The stored form of `secret`, encrypted unless `key` is NULL; its length. */
size_t vault_seal(unsigned char out[VAULT_SIZE], const unsigned char *key,
		  uint64_t hook, const char *secret);

bool vault_is_sealed(const void *stored, size_t n);
/* Whether vault_seal with this key (NULL: none) would make this form. */
bool vault_is_current(const void *stored, size_t n, const unsigned char *key);

/* The inverse; `key` may be NULL. False: encrypted with another key, or
 * damaged, or longer than a secret. */
bool vault_open(char out[SIGN_SECRET_SIZE], const unsigned char *key,
		uint64_t hook, const void *stored, size_t n);

#endif
