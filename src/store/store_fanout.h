/* SPDX-License-Identifier: MIT */
/*
 * store_fanout: turning notifications into deliveries. The calls from
 * store_fanout_lock on happen inside one transaction: the rows that were taken
 * are marked before it commits, so a notification is fanned out exactly once,
 * however many senders try.
 */
#ifndef HOOKS_STORE_FANOUT_H
#define HOOKS_STORE_FANOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/id.h"

struct arena;
struct store;
struct store_matched;

/* The greatest key; 0: there are no rows. */
enum err store_fanout_newest(struct store *s, uint64_t *newest);

/* Whether a row with a key up to `newest` is queued; takes no lock. */
enum err store_fanout_any(struct store *s, uint64_t newest, bool *any);

/* The next organization after `after` (NULL: the first) with queued rows;
 * ERR_NOT_FOUND: there is none. */
enum err store_fanout_org(struct store *s, const struct id *after,
			  struct id *out);

/* The keys of its oldest queued rows, up to `newest` and at most `max`. They
 * are found by their mark and never by "newer than the last": a long
 * transaction commits a low key late. Takes no lock: a locking search would
 * wait for every row that some application has inserted and not yet
 * committed. */
enum err store_fanout_queued(struct store *s, const struct id *organization,
			     uint64_t newest, size_t max, uint64_t *keys,
			     size_t *n);

/* The same without those that were accepted after the first of the
 * organization's scheduled notifications was due. */
enum err store_fanout_before(struct store *s, const struct id *organization,
			     uint64_t newest, size_t max, uint64_t *keys,
			     size_t *n);

/* Locks those of the rows that are still in this state, queued or scheduled,
 * and reads them, in the order of their keys; 1 to DB_LIST_MAX keys, and room
 * for as many rows. A scheduled one counts as accepted when it is due. */
enum err store_fanout_lock(struct store *s, struct arena *arena,
			   const char *state, const uint64_t *keys, size_t n,
			   struct store_matched *rows, size_t *count);

enum err store_fanout_reject(struct store *s, uint64_t key, const char *reason);
/* Which of these organizations, at most DB_LIST_MAX, have a hook that wants
 * exactly this action now. */
enum err store_fanout_wanted(struct store *s, const char *action,
			     const struct id *organizations, size_t n,
			     bool *wanted);
/* Makes one delivery for each hook of each row (store_match_find), wakes their
 * lanes and marks the rows. At most DB_LIST_MAX rows. */
enum err store_fanout_spread(struct store *s, const struct store_matched *rows,
			     size_t n);

/* Writes a notification of the service itself; `action` is a literal. `user`:
 * whose hook or delivery it tells of; NULL: nobody's. */
enum err store_fanout_insert(struct store *s, const struct id *organization,
			     const char *action, const char *user,
			     const char *resource, size_t len,
			     struct store_matched *out);
/* Finds the hooks of such notifications and spreads them, in the transaction
 * that wrote them. */
enum err store_fanout_own(struct store *s, struct arena *arena,
			  struct store_matched *rows, size_t n);

#endif
