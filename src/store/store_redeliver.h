/* SPDX-License-Identifier: MIT */
/*
 * store_redeliver: sending again what was sent before: one delivery, or all of
 * a hook that were made in some time. They keep their webhook-id and their
 * body, so of a batch all members go together; attempts go on counting, and the
 * schedule begins anew.
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
	STORE_REDELIVER_ATTEMPTS_MAX = 60000 /* that a delivery may have made */
};

/*
 * One that waits becomes due now. ERR_NOT_FOUND: not in this organization.
 * ERR_CONFLICT: its hook was deleted. ERR_LIMIT: it has made
 * STORE_REDELIVER_ATTEMPTS_MAX attempts.
 */
enum err store_redeliver(struct store *s, const struct id *organization,
			 const struct id *delivery);

struct store_redeliver_row;

struct store_replay {
	const struct store_hook *hook; /* borrowed */
	int64_t since, until;	       /* when they were made; until excluded */
	const char *states; /* with commas between; of pending, none */
	/* Found: */
	struct store_redeliver_row *row;
	size_t count;
};

/*
 * Finds what a replay would send again, pings left out; store_replay_release()
 * is due in every case. ERR_LIMIT: they are more than STORE_REPLAY_MAX, or it
 * was not known after `budget` ms how many they are.
 */
enum err store_replay_find(struct store *s, struct store_replay *r,
			   int64_t budget);
/*
 * Makes them due, in steps: none of them holds up senders for long. `done`:
 * how many, also with an error; what a step left undone is not finished any
 * more, or ERR_TEMP tells of it, or `budget` ms were over. ERR_NOT_FOUND: the
 * hook was deleted. `rest`: on ERR_TEMP, when the first of those was made that
 * are left.
 */
enum err store_replay_run(struct store *s, const struct store_replay *r,
			  int64_t budget, uint64_t *done, int64_t *rest);
void store_replay_release(struct store_replay *r);

#endif
