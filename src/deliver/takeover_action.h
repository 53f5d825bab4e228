/* SPDX-License-Identifier: MIT */
/*
 * takeover_action: the reason why a row is rejected whose action is not in the
 * catalogue, with the nearest action that is. To find that one the catalogue is
 * read, so only some rows of a transaction get it: applications can insert any
 * number of faulty rows, and the others must not wait for them.
 */
#ifndef HOOKS_TAKEOVER_ACTION_H
#define HOOKS_TAKEOVER_ACTION_H

#include <stddef.h>

#include "base/err.h"
#include "rules/action.h"
#include "rules/id.h"

struct store;
struct store_outbox_row;

enum { TAKEOVER_ACTION_READS = 4 }; /* of the catalogue, in a transaction */

struct takeover_action {
	size_t reads;
	struct id organization; /* of the last one that was found */
	char action[ACTION_NAME_MAX + 1];
	char why[ACTION_WHY_SIZE]; /* "": none was */
};

/* At the beginning of a transaction. */
void takeover_action_init(struct takeover_action *t);

/* `*why` is borrowed until the next call. Reads nothing for a row whose action
 * is listed, or has another fault. */
enum err takeover_action_why(struct takeover_action *t, struct store *s,
			     const struct store_outbox_row *row,
			     const char **why);

#endif
