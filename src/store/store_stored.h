/* SPDX-License-Identifier: MIT */
/*
 * store_stored: how many bytes of payloads and answers each organization has
 * in the database, and whether more fit ([api] max_stored).
 *
 * Each process counts in memory the bytes that it has stored or removed, and
 * writes them down about once a second, into one of a few rows of the
 * organization, so that processes do not wait for each other. Bytes that a
 * process had not written when it was killed are found by the recount
 * (store_recount.h).
 */
#ifndef HOOKS_STORE_STORED_H
#define HOOKS_STORE_STORED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/id.h"

struct arena;
struct store;

enum {
	STORE_STORED_WRITE_MS = 1000,
	/* Numbers of an organization's rows: those that are added up, and what
	 * a recount of payloads, or of answers, has found so far, and what was
	 * counted when it began. */
	STORE_STORED_PARTS = 8,
	STORE_STORED_FOUND = 100,
	STORE_STORED_BEGAN = 200
};

struct store_stored {
	struct id organization;
	uint64_t payloads, answers; /* bytes */
};

/* Adds to the counts in memory; negative for bytes that were removed. Not
 * inside a transaction: when there is no room it writes them. */
void store_stored_add(struct store *s, const struct id *organization,
		      int64_t payloads, int64_t answers);
/* Whether there are counts that are old enough. */
bool store_stored_is_due(const struct store *s, int64_t monotonic_ms);
/* Writes the counts. On an error they are kept. */
enum err store_stored_write(struct store *s);

/* How many more bytes fit. No new sum is made when the last one says that
 * `want` fit: so it may be over the limit by some seconds' worth. */
enum err store_stored_room(struct store *s, const struct id *organization,
			   uint64_t want, uint64_t *room);
/* Whether half of what fits is used: then answers are not kept any more.
 * False on an error. */
bool store_stored_is_half(struct store *s, const struct id *organization);

/* Of one organization. */
enum err store_stored_get(struct store *s, const struct id *organization,
			  struct store_stored *out);
/* The organizations with the most bytes, at most `max` of them; *arena*. */
enum err store_stored_most(struct store *s, struct arena *arena, size_t max,
			   struct store_stored **list, size_t *count);

#endif
