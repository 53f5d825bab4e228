/* SPDX-License-Identifier: MIT */
/*
 * store_replay: sends all deliveries of a hook again that were created within a
 * range of time. Each goes again as in store_redeliver.
 */
#ifndef HOOKS_STORE_REPLAY_H
#define HOOKS_STORE_REPLAY_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct store;
struct store_hook;
struct store_redeliver_row;

enum { STORE_REPLAY_MAX = 20000 }; /* deliveries of one replay */

struct store_replay {
	const struct store_hook *hook; /* borrowed */
	int64_t since, until;	       /* time of creation; until excluded */
	const char *states; /* separated by commas. A pending delivery of a
		       disabled hook is held */
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
