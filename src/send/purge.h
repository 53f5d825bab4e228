/* SPDX-License-Identifier: MIT */
/*
 * purge: retention: removes rows after the times in [retention], in sweeps that
 * go through the tables step by step. `hooks-admin purge` does all of them at
 * once; the sender does them bit by bit (chores.h).
 */
#ifndef HOOKS_PURGE_H
#define HOOKS_PURGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store_purge.h"

struct store;

/* In this order: each sweep may leave more for the next one to remove. */
enum purge_sweep {
	PURGE_HELD,
	PURGE_DELIVERIES,
	PURGE_NOTIFICATIONS,
	PURGE_HOOKS,
	PURGE_IDEMPOTENCY,
	PURGE_STATS,
	PURGE_PAYLOADS, /* these two count again what is stored */
	PURGE_ANSWERS,
	PURGE_MAX
};

const char *purge_name(enum purge_sweep sweep);

/* The time from the end of a sweep until it is worth repeating, ms. */
int64_t purge_interval(const struct store *s, enum purge_sweep sweep);

/* One step: some milliseconds of work, in transactions of its own. */
enum err purge_step(struct store *s, enum purge_sweep sweep, bool dry_run,
		    struct store_purge_place *at, struct store_purged *done);

#endif
