/* SPDX-License-Identifier: MIT */
/*
 * store_schedule: `vh_scheduled`: notifications whose time has not come.
 *
 * Its rows decide: whoever removes one, to fan the notification out, to cancel
 * or to replace it, is the only one, and writes in the same transaction what
 * became of the notification. An organization has one row for each replace_key.
 */
#ifndef HOOKS_STORE_SCHEDULE_H
#define HOOKS_STORE_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/id.h"

struct store;

/* Scheduled notifications of an organization. */
#define STORE_SCHEDULE_MAX UINT64_C(1000000)

/* How a row leaves without being sent: a state of its notification. */
enum store_schedule_end { STORE_SCHEDULE_CANCELLED, STORE_SCHEDULE_REPLACED };

/* ---- publishing, inside the transaction that makes the notifications ---- */

/* Adds rows for those of these notifications whose state is `scheduled`; none
 * has a replace_key. At most DB_LIST_MAX. */
enum err store_schedule_add(struct store *s, const uint64_t *notifications,
			    size_t n);
/* Ends the notification that is scheduled with the key; adds this one if it is
 * scheduled. ERR_TEMP: others use the key all the time. */
enum err store_schedule_replace(struct store *s, const struct id *organization,
				const void *key, size_t len,
				uint64_t notification);

/* How many more an organization may schedule; counted anew now and then. */
enum err store_schedule_room(struct store *s, const struct id *organization,
			     uint64_t want, uint64_t *room);
void store_schedule_added(struct store *s, const struct id *organization,
			  uint64_t n);

/* ---- what is scheduled ends early, inside a transaction ---- */

/* ERR_NOT_FOUND: nothing is scheduled with the key. */
enum err store_schedule_end_key(struct store *s, const struct id *organization,
				const void *key, size_t len,
				enum store_schedule_end how);
/* ERR_NOT_FOUND: the notification is not scheduled. */
enum err store_schedule_end(struct store *s, uint64_t notification,
			    enum store_schedule_end how);

/*
 * Cancels in a transaction of its own: what is scheduled with the key, or, when
 * that is NULL, the notification. ERR_NOT_FOUND: it is not scheduled. After a
 * COMMIT without an answer ERR_TEMP: a repetition would find nothing.
 */
struct store_schedule_cancel {
	struct id organization;
	const char *replace_key;
	uint64_t notification;
};
enum err store_schedule_cancel(struct store *s,
			       const struct store_schedule_cancel *what);

/* ---- what is due ---- */

/* The first organization after `after` (NULL: of all) that has a row that is
 * due now; ERR_NOT_FOUND: none has. */
enum err store_schedule_org(struct store *s, const struct id *after,
			    struct id *out);
/* The keys of its first notifications that are due, at most `max`, in the order
 * of their times; not those that were due after its oldest queued notification
 * was accepted, which goes first. Takes no lock. */
enum err store_schedule_due(struct store *s, const struct id *organization,
			    size_t max, uint64_t *keys, size_t *n);
/* Whether any row was due at `until`. */
enum err store_schedule_any(struct store *s, int64_t until, bool *any);
/* Locks those of the rows that are still there; `keys` keeps them, in any
 * order. */
enum err store_schedule_lock(struct store *s, uint64_t *keys, size_t *n);
/* They are fanned out in this transaction. */
enum err store_schedule_remove(struct store *s, const uint64_t *keys, size_t n);

#endif
