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

struct store;

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

/* The number of its hooks, counted up to `max`. */
enum err store_fanout_hooks(struct store *s, const struct id *organization,
			    uint64_t max, uint64_t *n);

/* Locks those of the rows that are still queued; the list keeps these, in the
 * order of their keys. 1 to DB_LIST_MAX keys. */
enum err store_fanout_lock(struct store *s, uint64_t *keys, size_t *n);

enum err store_fanout_reject(struct store *s, uint64_t key, const char *reason);
/* Which of these organizations, at most DB_LIST_MAX, have a hook that names
 * exactly this action. */
enum err store_fanout_wanted(struct store *s, const char *action,
			     const struct id *organizations, size_t n,
			     bool *wanted);
/* Writes a notification of the service itself; the caller spreads it. */
enum err store_fanout_insert(struct store *s, const struct id *organization,
			     const char *action, const char *resource,
			     size_t len, uint64_t *key);
/* Makes one delivery for each matching hook, wakes its lane and marks the
 * rows. At most DB_LIST_MAX keys. `made`: how many deliveries. */
enum err store_fanout_spread(struct store *s, const uint64_t *keys, size_t n,
			     uint64_t *made);

struct store_share {
	struct id organization;
	uint64_t notifications, deliveries;
};

/* The organizations of these notifications, 1 to DB_LIST_MAX, and how many
 * deliveries there are of them; `list` has room for as many organizations as
 * there are keys. */
enum err store_fanout_shares(struct store *s, const uint64_t *keys, size_t n,
			     struct store_share *list, size_t *count);

#endif
