/* SPDX-License-Identifier: MIT */
/*
 * takeover: takes rows over that applications inserted into `vh_outbox` with
 * SQL. Every row is checked by the rules of the API and becomes a notification,
 * which is queued, scheduled, or rejected with a reason; then the row is
 * removed.
 */
#ifndef HOOKS_TAKEOVER_H
#define HOOKS_TAKEOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "deliver/turns.h"

struct locked;
struct store;

enum {
	TAKEOVER_MAX = 256, /* rows a transaction */
	TAKEOVER_ORGS = 64, /* organizations a transaction */
	TAKEOVER_PART = 64, /* rows read at once, and their bytes at most: */
	TAKEOVER_BYTES = 8 * 1024 * 1024
};

struct takeover_count {
	size_t taken; /* rows */
	size_t rejected;
	bool more;    /* there may be more */
	bool far_key; /* see store_outbox_heal() */
};

/*
 * The organizations that have rows with a key up to `newest` take turns, each
 * with its oldest ones, in one transaction. Rows of organizations that do not
 * exist take no turn: some are rejected in a transaction of their own. An
 * organization whose rows are locked, or refused by the database, is left out
 * for a while: `locked`.
 */
enum err takeover_run(struct store *s, struct turns *place,
		      struct locked *locked, uint64_t newest,
		      struct takeover_count *out);
/* All that one organization, which exists, has inserted by now. ERR_TEMP: more
 * is left at `end`, monotonic. */
enum err takeover_of(struct store *s, const struct id *organization,
		     int64_t end);

#endif
