/* SPDX-License-Identifier: MIT */
/*
 * store_lane_hook: the hook of a lane, with its secrets, as a sender needs
 * it.
 */
#ifndef HOOKS_STORE_LANE_HOOK_H
#define HOOKS_STORE_LANE_HOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/id.h"
#include "rules/sign.h"
#include "store/store_lane.h"

struct arena;
struct store;

enum { STORE_LANE_KEYS = 10 }; /* secrets valid at once */

/* The facts about the hook that a sender needs; pointers are arena. */
struct store_lane_hook {
	uint64_t hook;
	struct id organization;
	char *target_url;
	const char *headers; /* a JSON object, or NULL */
	unsigned batch_size, rate_limit;
	bool ordered, enabled, deleted;
	int64_t created_at, updated_at;
	struct sign_key key[STORE_LANE_KEYS]; /* newest first */
	int64_t key_end[STORE_LANE_KEYS];     /* database time; TIME_NONE */
	size_t keys;
	bool unreadable; /* a secret, or a header, cannot be read */
};

/* `hooks` is in the order of `keys`; a hook whose row is gone reads as
 * deleted. */
enum err store_lane_hooks(struct store *s, struct arena *arena,
			  const uint64_t *keys, size_t n,
			  struct store_lane_hook *hooks);

/* When each of these hooks was last changed; STORE_LANE_HOOK_DELETED. */
enum err store_lane_hook_changes(struct store *s, const uint64_t *hooks,
				 size_t n, int64_t *changes);

#endif
