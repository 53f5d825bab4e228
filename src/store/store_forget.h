/* SPDX-License-Identifier: MIT */
/*
 * store_forget: erasing a user of an organization: the payloads of
 * notifications that name the user, the answers to their deliveries, and the
 * user's hooks. Pending ones are cancelled. The rows stay, for counts and
 * times, with a mark.
 *
 * It is done in steps, each of which is a short transaction. A notification
 * loses its user last, and a hook likewise: so a call that was interrupted is
 * simply made again, and an index finds what is left.
 *
 * Deliveries come before their payloads: their marks keep a sender from reading
 * a payload that is gone, from recording the answer to a request that was on
 * its way, and everybody from sending one again.
 */
#ifndef HOOKS_STORE_FORGET_H
#define HOOKS_STORE_FORGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/id.h"

struct store;

struct store_forgotten {
	uint64_t notifications, deliveries;
	uint64_t answers; /* of receivers, that were kept */
	uint64_t hooks;
};

/*
 * Adds to `done`. `more`: the monotonic time `end` came first, and a call like
 * this one goes on. Rows of the outbox that replace or cancel something are
 * left: the caller has taken over the outbox before.
 */
enum err store_forget(struct store *s, const struct id *organization,
		      const char *user, int64_t end,
		      struct store_forgotten *done, bool *more);

#endif
