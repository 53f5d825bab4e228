/* SPDX-License-Identifier: MIT */
/*
 * store_sender: the senders' records for people: when one last ran on a
 * machine and what it did; and the count of deliveries that a run left.
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

/* Whether the server accepts a sender's writes. ERR_CONFIG: it does not; the
 * remedy is logged. */
enum err store_sender_check(struct store *s);

/* Writes the machine's row. */
enum err store_sender_note(struct store *s, const struct store_run *run);

/* Whether a request may start a sender: once in STORE_START_MS, however many
 * ask. True counts as a start. */
#define STORE_START_MS INT64_C(10000)
enum err store_sender_may_start(struct store *s, bool *may);

/* The deliveries still due by `until`, and the held ones: those of disabled
 * hooks that were due by then, and all that are held on their own. Counts
 * rows. */
enum err store_sender_left(struct store *s, int64_t until, uint64_t *due,
			   uint64_t *held);

#endif
