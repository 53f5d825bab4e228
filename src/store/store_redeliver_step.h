/* SPDX-License-Identifier: MIT */
/*
 * store_redeliver_step: the part that a redelivery and a replay share:
 * deliveries of one hook become pending in one transaction. Part of
 * store_redeliver.
 */
#ifndef HOOKS_STORE_REDELIVER_STEP_H
#define HOOKS_STORE_REDELIVER_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "outside/db.h"

struct store;
struct store_redeliver_row;

/* Rows of one transaction. */
enum { STORE_REDELIVER_STEP = 500 };

struct store_redeliver_step {
	struct store *s;
	uint64_t hook, lane; /* where they go */
	bool batches;	     /* the hook has a batch_size over 1 */
	bool any;	     /* waiting deliveries, too */
	bool urgent;	     /* ahead of the lane, and through a suspension */
	bool ordered;	     /* what is finished goes after all that waits */
	bool revive;	     /* the lane's suspension ends */
	const struct store_redeliver_row *row; /* borrowed; settled */
	size_t count;  /* no more than STORE_REDELIVER_STEP */
	uint64_t done; /* set by store_redeliver_step_run() */
	int64_t time;  /* of its transaction: an ordered lane's; TIME_NONE */
};

/* ERR_NOT_FOUND: the hook was deleted. */
enum err store_redeliver_step_run(struct store_redeliver_step *t,
				  enum db_doubt doubt);

#endif
