/* SPDX-License-Identifier: MIT */
/*
 * hook_change: changing a hook that others may change at the same time: read
 * it, check If-Match against its version, edit, compare-and-set, and again when
 * it was changed meanwhile.
 */
#ifndef HOOKS_HOOK_CHANGE_H
#define HOOKS_HOOK_CHANGE_H

#include "base/err.h"
#include "store/store_hook.h"

struct call;

/*
 * Turns `change->hook`, a copy of the hook as it is, into what it shall be,
 * and sets secret and overlap where there is a new one. ERR_CONFLICT: no
 * change is needed, and the hook is returned as it is. May run more than once.
 */
typedef enum err hook_change_edit(struct call *c, struct store_hook *hook,
				  struct store_hook_change *change, void *arg);

/* For the hook of the path; `out` is the hook afterwards. */
enum err hook_change_run(struct call *c, hook_change_edit *edit, void *arg,
			 struct store_hook *out);

/* Deletes the hook of the path. */
enum err hook_change_delete(struct call *c);

#endif
