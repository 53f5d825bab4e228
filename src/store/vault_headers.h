/* SPDX-License-Identifier: MIT */
/*
 * vault_headers: the stored form of a hook's own headers, which may hold
 * tokens: a JSON object whose values are plain, or encrypted with the key of
 * [secrets] key_file. Names are always plain.
 *
 * An encrypted value is U+0001, which no header has, and the base64 of four
 * bytes that identify the key and of nonce, value and tag. The hook's key and
 * the header's name are authenticated with it.
 */
#ifndef HOOKS_VAULT_HEADERS_H
#define HOOKS_VAULT_HEADERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"

/* All text is JSON, or NULL where there are no headers; the returned text is
 * the argument or in the arena. `key` may be NULL. */

/* Values that are encrypted already stay as they are. */
const char *vault_headers_seal(struct arena *arena, const unsigned char *key,
			       uint64_t hook, const char *json);
/* False: at least one value was encrypted with another key, or is damaged. Such
 * a value stays as it is. */
bool vault_headers_open(struct arena *arena, const unsigned char *key,
			uint64_t hook, const char *json, const char **out);
/* Whether vault_headers_seal with this key would make this form. */
bool vault_headers_are_current(const char *json, const unsigned char *key);

/* Whether one value, of the object, is an encrypted one. */
bool vault_headers_is_sealed(const char *value);

#endif
