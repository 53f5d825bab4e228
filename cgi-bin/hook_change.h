/* SPDX-License-Identifier: MIT */
/*
 * hook_change: changes a hook that other clients may change at the same time:
 * reads it, checks If-Match against its version, edits, compares and sets, and
 * repeats all that when it was changed meanwhile.
 */
#ifndef HOOKS_HOOK_CHANGE_H
#define HOOKS_HOOK_CHANGE_H

#include "base/err.h"
#include "store/store_hook.h"

struct call;

/*
 * Changes `hook`, a copy of the current hook, into the wanted one, and sets
 * secret and overlap if there is a new secret. ERR_CONFLICT: no change is
 * needed, and the hook is returned unchanged. May run more than once.
 */
typedef enum err hook_change_edit(struct call *c, struct store_hook *hook,
				  struct store_hook_change *change, void *arg);

/* Changes the hook of the path; `out` is the hook afterwards. */
enum err hook_change_run(struct call *c, hook_change_edit *edit, void *arg,
			 struct store_hook *out);

/* Deletes the hook of the path. */
enum err hook_change_delete(struct call *c);

#endif
