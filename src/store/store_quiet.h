/* SPDX-License-Identifier: MIT */
/*
 * store_quiet: after a change of a hook, waits until a sender that is at work
 * on it has heard of the change: from then on no request leaves that was not on
 * its way.
 */
#ifndef HOOKS_STORE_QUIET_H
#define HOOKS_STORE_QUIET_H

#include <stdint.h>

struct store;

/* A sender that has not heard of the hooks for so long sends nothing. */
enum { STORE_QUIET_MS = 2000 };

/* `change`: the hook's updated_at, as committed, or STORE_LANE_HOOK_DELETED.
 * STORE_QUIET_MS at most: by then a sender that hangs, or that is cut off from
 * the database, has stopped by itself. */
void store_quiet_wait(struct store *s, uint64_t hook, int64_t change);

#endif
