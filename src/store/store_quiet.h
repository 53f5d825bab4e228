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

/* `change`: the hook's updated_at, as committed, or STORE_LANE_HOOK_DELETED.
 * Two seconds at most: a sender that hangs sends nothing, either. */
void store_quiet_wait(struct store *s, uint64_t hook, int64_t change);

#endif
