/*
 * raise: the actions that the service itself publishes. They are written and
 * fanned out in one go, inside the transaction that caused them, so they are
 * there exactly when their cause is.
 */
#ifndef HOOKS_RAISE_H
#define HOOKS_RAISE_H

#include "err.h"

struct arena;
struct store;
struct store_lane_hook;

/* hook.disabled, with the hook as its resource. Inside a transaction. */
enum err raise_hook_disabled(struct store *s, struct arena *arena,
			     const struct store_lane_hook *hook);

#endif
