/* SPDX-License-Identifier: MIT */
/*
 * crypt: libcrypto, reached through the few calls that this project makes.
 */
#include "outside/crypt.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/err.h"
#include "base/log.h"

static void crypt_must(int ok, const char *what)
{
	if (ok > 0)
		return;
	log_error("libcrypto refused: %s", what);
	exit(err_exit(ERR_INTERNAL));
}

void crypt_wipe(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}

void crypt_random(void *out, size_t n)
{
	crypt_must(n <= INT_MAX && RAND_bytes(out, (int)n) == 1,
		   "random bytes");
}

/* Fetches many at once: one call of libcrypto costs as much as hashing a
 * body. */
double crypt_random_fraction(void)
{
	static _Thread_local uint32_t values[64];
	static _Thread_local size_t left;

	if (!left) {
		crypt_random(values, sizeof(values));
		left = sizeof(values) / sizeof(values[0]);
	}
	return values[--left] / 4294967296.0;
}

void crypt_sha256(unsigned char out[CRYPT_HASH_SIZE], const void *p, size_t n)
{
	crypt_must(EVP_Digest(p, n, out, NULL, EVP_sha256(), NULL), "SHA-256");
}

/*
 * One context for each thread, made once and given its digest once: making one
 * costs more than the hash of a small body, and looking up the digest by name
 * at every use costs half as much again as the hash.
 */
static EVP_MAC_CTX *mac_context(const void *key, size_t key_len)
{
	static _Thread_local EVP_MAC_CTX *ctx;
	char digest[] = "SHA256";
	OSSL_PARAM params[2];
	EVP_MAC *mac;

	if (ctx) {
		crypt_must(EVP_MAC_init(ctx, key, key_len, NULL), "HMAC key");
		return ctx;
	}
	mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	crypt_must(mac != NULL, "HMAC");
	ctx = EVP_MAC_CTX_new(mac);
	crypt_must(ctx != NULL, "HMAC context");
	EVP_MAC_free(mac);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
						     digest, 0);
	params[1] = OSSL_PARAM_construct_end();
	crypt_must(EVP_MAC_init(ctx, key, key_len, params), "HMAC key");
	return ctx;
}

void crypt_hmac_sha256(unsigned char out[CRYPT_HASH_SIZE], const void *key,
		       size_t key_len, const struct crypt_part *parts,
		       size_t count)
{
	EVP_MAC_CTX *ctx = mac_context(key, key_len);
	size_t n;

	for (size_t i = 0; i < count; i++)
		crypt_must(EVP_MAC_update(ctx, parts[i].p, parts[i].n),
			   "HMAC data");
	crypt_must(EVP_MAC_final(ctx, out, &n, CRYPT_HASH_SIZE), "HMAC");
}

void crypt_base64(char *out, const void *p, size_t n)
{
	EVP_EncodeBlock((unsigned char *)out, p, (int)n);
}

static size_t padding(const char *s, size_t len)
{
	if (len < 4 || s[len - 1] != '=')
		return 0;
	return s[len - 2] == '=' ? 2 : 1;
}

bool crypt_unbase64(void *out, size_t max, size_t *n, const char *s, size_t len)
{
	unsigned char bytes[192];
	char again[CRYPT_BASE64_SIZE(sizeof(bytes))];
	size_t count;

	/* Whole groups only; encoding the result again shows what
	 * EVP_DecodeBlock forgives (blanks at the ends, stray bits). */
	if (len % 4 || len / 4 * 3 > sizeof(bytes))
		return false;
	if (EVP_DecodeBlock(bytes, (const unsigned char *)s, (int)len) < 0)
		return false;
	count = len / 4 * 3 - padding(s, len);
	crypt_base64(again, bytes, count);
	if (count > max || strlen(again) != len || memcmp(again, s, len) != 0)
		return false;
	memcpy(out, bytes, count);
	*n = count;
	return true;
}

/* ---- AES-256-GCM ---- */

enum { NONCE_SIZE = 12, TAG_SIZE = 16 };

void crypt_seal(void *out, const unsigned char key[CRYPT_KEY_SIZE],
		const struct crypt_part *about, const struct crypt_part *text)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char *nonce = out, *body = nonce + NONCE_SIZE;
	unsigned char *tag = body + text->n;
	int n;

	crypt_must(ctx != NULL, "AES context");
	crypt_random(nonce, NONCE_SIZE);
	crypt_must(EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce),
		   "AES key");
	crypt_must(EVP_EncryptUpdate(ctx, NULL, &n, about->p, (int)about->n),
		   "AES data");
	crypt_must(EVP_EncryptUpdate(ctx, body, &n, text->p, (int)text->n),
		   "AES data");
	crypt_must(EVP_EncryptFinal_ex(ctx, tag, &n), "AES end");
	crypt_must(
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, tag),
		"AES tag");
	EVP_CIPHER_CTX_free(ctx);
}

bool crypt_open(void *out, const unsigned char key[CRYPT_KEY_SIZE],
		const struct crypt_part *about, const struct crypt_part *sealed)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const unsigned char *nonce = sealed->p, *body = nonce + NONCE_SIZE;
	size_t len = sealed->n - CRYPT_SEAL_MORE;
	unsigned char tag[TAG_SIZE];
	int n;
	bool fine;

	crypt_must(ctx != NULL, "AES context");
	memcpy(tag, body + len, TAG_SIZE);
	crypt_must(EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce),
		   "AES key");
	crypt_must(EVP_DecryptUpdate(ctx, NULL, &n, about->p, (int)about->n),
		   "AES data");
	crypt_must(EVP_DecryptUpdate(ctx, out, &n, body, (int)len), "AES data");
	crypt_must(
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, tag),
		"AES tag");
	fine = EVP_DecryptFinal_ex(ctx, (unsigned char *)out + len, &n) > 0;
	EVP_CIPHER_CTX_free(ctx);
	return fine;
}
