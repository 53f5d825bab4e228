/* SPDX-License-Identifier: MIT */
/*
 * store_secret: the signing secrets of hooks. The newest one that has not
 * expired is the current secret; the older ones also sign until they expire.
 * With [secrets] key_file secrets are encrypted when written; those that were
 * written before are read as they are. store_secret_add and _replace are called
 * inside a transaction that has locked the hook's row.
 */
#ifndef HOOKS_STORE_SECRET_H
#define HOOKS_STORE_SECRET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/sign.h"

struct store;

enum {
	STORE_SECRETS_MAX = 10,			  /* valid at once */
	STORE_OVERLAP_MAX = 7 * 24 * 3600 * 1000, /* ms */
	STORE_OVERLAP_DEFAULT = 24 * 3600 * 1000  /* ms */
};

/* ERR_NOT_FOUND: the hook has none. ERR_CONFIG: it cannot be read with
 * [secrets] key_file; logged. */
enum err store_secret_current(struct store *s, uint64_t hook,
			      char out[SIGN_SECRET_SIZE]);

/* `now` is the database's time. */
enum err store_secret_add(struct store *s, uint64_t hook, const char *secret,
			  int64_t now);
/* The previous secret expires after `overlap` ms. Replacing a secret with
 * itself changes nothing. ERR_LIMIT: STORE_SECRETS_MAX would be valid. */
enum err store_secret_replace(struct store *s, uint64_t hook,
			      const char *secret, int64_t overlap, int64_t now);

/* Whether [secrets] key_file fits the stored secrets: ERR_CONFIG, logged, when
 * it opens none of the encrypted ones. */
enum err store_secret_check(struct store *s);

struct store_secret_sweep {
	const unsigned char *old_key; /* of some secrets; NULL: of none */
	uint64_t after;		      /* begin after this row */
	bool more;
	uint64_t rewritten, unreadable; /* each step adds to these */
};

/* One step of writing the secrets again in the form that [secrets] asks for. */
enum err store_secret_rewrite(struct store *s, struct store_secret_sweep *w);

#endif
