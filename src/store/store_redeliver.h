/* SPDX-License-Identifier: MIT */
/*
 * store_redeliver: sending deliveries again: one, or all of a hook that were
 * created in some time. They keep their webhook-id and their body, so all
 * members of a batch go together; attempts go on counting, and the schedule
 * starts again.
 */
#ifndef HOOKS_STORE_REDELIVER_H
#define HOOKS_STORE_REDELIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/id.h"

struct store;
struct store_hook;

enum {
	STORE_REPLAY_MAX = 20000,	     /* deliveries of one replay */
	STORE_REDELIVER_ATTEMPTS_MAX = 60000 /* attempts made so far */
};

/*
 * A waiting delivery becomes due now. ERR_NOT_FOUND: not in this organization.
 * ERR_CONFLICT: its hook was deleted. ERR_LIMIT: it has made
 * STORE_REDELIVER_ATTEMPTS_MAX attempts.
 */
enum err store_redeliver(struct store *s, const struct id *organization,
			 const struct id *delivery);

struct store_redeliver_row;

struct store_replay {
	const struct store_hook *hook; /* borrowed */
	int64_t since, until;	       /* time of creation; until excluded */
	const char *states;	       /* with commas between; never pending */
	/* Found: */
	struct store_redeliver_row *row;
	size_t count;
};

/*
 * Finds the deliveries that a replay would send again, without pings; the
 * caller must call store_replay_release() in every case. ERR_LIMIT: there are
 * more than STORE_REPLAY_MAX, or they could not be counted within `budget` ms.
 */
enum err store_replay_find(struct store *s, struct store_replay *r,
			   int64_t budget);
/*
 * Makes them due, in steps: none of them blocks senders for long. `done`: how
 * many, also with an error; those that a step left out are no longer finished,
 * or the result is ERR_TEMP, or `budget` ms were over. ERR_NOT_FOUND: the
 * hook was deleted. `rest`: on ERR_TEMP, the time of creation of the first one
 * that is left.
 */
enum err store_replay_run(struct store *s, const struct store_replay *r,
			  int64_t budget, uint64_t *done, int64_t *rest);
void store_replay_release(struct store_replay *r);

#endif
