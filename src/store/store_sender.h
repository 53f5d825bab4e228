/* SPDX-License-Identifier: MIT */
/*
 * store_sender: the senders' records for people: when one last ran on a
 * machine and what it did; and the count of deliveries that a run left.
 */
#ifndef HOOKS_STORE_SENDER_H
#define HOOKS_STORE_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct arena;
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
/* Writes into that row that cron has started the run, and its lock's prefix. */
enum err store_sender_note_cron(struct store *s, const char *host,
				const char *place);

/* The deliveries still due by `until`, and the held ones: those of disabled
 * hooks that were due by then, and all that are held on their own. Counts
 * rows. */
enum err store_sender_left(struct store *s, int64_t until, uint64_t *due,
			   uint64_t *held);

/* The last run of the sender on one machine. */
struct store_sender {
	const char *host; /* arena */
	int64_t started_at, seen_at;
	int64_t ended_at; /* TIME_NONE: it is running, or died */
	uint64_t delivered, failed, retried;
};

/* A run gives a sign of life at its start, at its end, and every ten seconds
 * between; cron starts the next one within a minute. After two minutes of
 * silence something is wrong. */
enum { STORE_SENDER_SILENCE_MS = 120000 };

/* Whether a sender is running or will be soon. `now`: the database's time. */
bool store_sender_alive(const struct store_sender *s, int64_t now);

/* One entry for each machine, the one seen last first; *arena*. */
enum err store_sender_list(struct store *s, struct arena *arena,
			   struct store_sender **list, size_t *count);

#endif
