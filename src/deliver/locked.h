/* SPDX-License-Identifier: MIT */
/*
 * locked: organizations that a lock of another client holds up, or a row that
 * the database refuses. They are left out for a while, so that the others need
 * not wait with them.
 */
#ifndef HOOKS_LOCKED_H
#define HOOKS_LOCKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/id.h"

struct db;

enum { LOCKED_MAX = 64 };

/* Begins as all zeros. */
struct locked {
	struct locked_org {
		struct id organization;
		int64_t ask_at; /* monotonic: left out until then */
		unsigned tries;
		bool refused; /* it was no lock */
	} org[LOCKED_MAX];
	size_t count;
	bool refused; /* some organization was, at any time */
};

/* Whether this error holds up those whose rows they are, and no others. */
bool locked_holds_up(const struct db *db, enum err e);
/* Whether the organization is listed, and so left out when others are served.
 */
bool locked_has(const struct locked *l, const struct id *organization);
/* Lists those that may be asked again, each alone; `orgs` has room for
 * LOCKED_MAX. */
size_t locked_due(const struct locked *l, struct id *orgs);
/* The organization has met a lock, or was refused, perhaps once more: it is not
 * asked for 1, 2, 4 ... 30 s. */
void locked_put(struct locked *l, const struct id *organization, bool refused);
/* Whether some organization has met a lock. */
bool locked_any(const struct locked *l);
/* The number of organizations that have met a lock again and again. */
size_t locked_lasting(const struct locked *l);
/* The organization met none: it is taken off the list. */
void locked_end(struct locked *l, const struct id *organization);

#endif
