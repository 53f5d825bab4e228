/* SPDX-License-Identifier: MIT */
/*
 * store_ping: a test delivery to one hook. Its notification is fanned out when
 * it is made; the delivery is in the hook's lane of pings (store_lane.h).
 */
#ifndef HOOKS_STORE_PING_H
#define HOOKS_STORE_PING_H

#include <stddef.h>

#include "base/err.h"
#include "rules/id.h"

struct store;
struct store_hook;

enum { STORE_PINGS_MAX = 100 }; /* of one hook, not sent yet */

/*
 * `resource` is a JSON object. `id` gets the delivery's id. ERR_NOT_FOUND: the
 * hook was deleted meanwhile. ERR_LIMIT: STORE_PINGS_MAX are waiting.
 */
enum err store_ping(struct store *s, const struct store_hook *hook,
		    const char *resource, size_t len, struct id *id);

#endif
