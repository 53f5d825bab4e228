/* SPDX-License-Identifier: MIT */
/*
 * store_resume: somebody says that a hook's target is well again.
 */
#ifndef HOOKS_STORE_RESUME_H
#define HOOKS_STORE_RESUME_H

#include <stdint.h>

#include "base/err.h"

struct store;
struct store_hook;

/*
 * Ends a suspension of the hook's queue, or the time that its target asked for,
 * and makes due all that waits in it, in its order. That is one change of the
 * lane's row. `count`: how many deliveries wait. ERR_NOT_FOUND: the hook was
 * deleted. ERR_CONFLICT: it is disabled.
 */
enum err store_resume(struct store *s, const struct store_hook *hook,
		      uint64_t *count);

#endif
