/* SPDX-License-Identifier: MIT */
/*
 * sign: webhook signatures after Standard Webhooks 1.0: HMAC-SHA256 over
 * "id.timestamp.body", keyed with the bytes that follow "whsec_" in base64.
 */
#ifndef HOOKS_SIGN_H
#define HOOKS_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Key sizes of the specification, in bytes. */
enum {
	SIGN_KEY_MIN = 24,
	SIGN_KEY_MAX = 64,
	SIGN_SECRET_SIZE = 95 /* "whsec_", 88 digits of base64, NUL */
};

struct sign_key {
	unsigned char b[SIGN_KEY_MAX];
	size_t len;
};

/* The written form, "whsec_" and the strict base64 of 24 to 64 bytes. */
bool sign_key_parse(const char *secret, size_t len, struct sign_key *out);
void sign_key_format(char out[SIGN_SECRET_SIZE], const struct sign_key *key);
/* 32 random bytes. */
void sign_key_new(struct sign_key *key);

/*
 * Appends one "v1,BASE64", with a space before it unless `out` is empty:
 * called once for each valid key, it writes the value of webhook-signature.
 * `id` holds no dot; `timestamp_s` is in seconds, as in webhook-timestamp.
 */
void sign_add(struct buf *out, const struct sign_key *key, const char *id,
	      int64_t timestamp_s, const void *body, size_t len);

#endif
