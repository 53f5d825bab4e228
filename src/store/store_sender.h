/* SPDX-License-Identifier: MIT */
/*
 * store_sender: what senders leave behind for people: when one last ran on
 * a machine and what it did; and the count of what a run left.
 */
#ifndef HOOKS_STORE_SENDER_H
#define HOOKS_STORE_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct store;

struct store_run {
	const char *host;
	int64_t started_at; /* database time */
	uint64_t delivered, failed, retried;
	bool ended;
};

/* Whether the server can take what a sender writes. ERR_CONFIG: it cannot,
 * and what to do about it is logged. */
enum err store_sender_check(struct store *s);

/* Writes the machine's row. */
enum err store_sender_note(struct store *s, const struct store_run *run);

/* Whether a sender may be started by request: once in STORE_START_MS, however
 * many ask. It is taken as started. */
#define STORE_START_MS INT64_C(10000)
enum err store_sender_may_start(struct store *s, bool *may);

/* What is still due by `until`, and what is held: of a disabled hook what was
 * due by then, and all that is held for itself. Counts rows. */
enum err store_sender_left(struct store *s, int64_t until, uint64_t *due,
			   uint64_t *held);

#endif
