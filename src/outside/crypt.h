/* SPDX-License-Identifier: MIT */
/*
 * crypt: the part of libcrypto that we use: randomness, hashes, HMAC, base64,
 * encryption.
 */
#ifndef HOOKS_CRYPT_H
#define HOOKS_CRYPT_H

#include <stdbool.h>
#include <stddef.h>

enum { CRYPT_HASH_SIZE = 32 };

/* Room for the base64 of n bytes and a NUL. */
#define CRYPT_BASE64_SIZE(n) (((n) + 2) / 3 * 4 + 1)

/* Cryptographically strong bytes; ends the process when there are none. */
void crypt_random(void *out, size_t n);
/* Overwrites memory that held a key or a secret; no compiler leaves it out. */
void crypt_wipe(void *p, size_t n);
/* A fraction in [0, 1), for jitter. */
double crypt_random_fraction(void);

void crypt_sha256(unsigned char out[CRYPT_HASH_SIZE], const void *p, size_t n);

struct crypt_part {
	const void *p;
	size_t n;
};

/* HMAC-SHA256 (RFC 2104) over the concatenation of the parts. */
void crypt_hmac_sha256(unsigned char out[CRYPT_HASH_SIZE], const void *key,
		       size_t key_len, const struct crypt_part *parts,
		       size_t count);

/* RFC 4648, with padding; `out` holds CRYPT_BASE64_SIZE(n). */
void crypt_base64(char *out, const void *p, size_t n);
/*
 * The strict inverse: no blanks, correct padding, no stray bits. Writes at
 * most `max` bytes and their number to `n`; false also when there would be
 * more.
 */
bool crypt_unbase64(void *out, size_t max, size_t *n, const char *s,
		    size_t len);

/* The bytes that encryption adds to a text: nonce and tag. */
enum { CRYPT_KEY_SIZE = 32, CRYPT_SEAL_MORE = 12 + 16 };

/* AES-256-GCM with a random nonce: text.n + CRYPT_SEAL_MORE bytes to `out`.
 * `about` is not stored in them, but must be the same to open them. */
void crypt_seal(void *out, const unsigned char key[CRYPT_KEY_SIZE],
		const struct crypt_part *about, const struct crypt_part *text);
/* sealed.n - CRYPT_SEAL_MORE bytes; false, with nothing of use in `out`, when
 * the input was not made with this key and `about`. */
bool crypt_open(void *out, const unsigned char key[CRYPT_KEY_SIZE],
		const struct crypt_part *about,
		const struct crypt_part *sealed);

#endif
