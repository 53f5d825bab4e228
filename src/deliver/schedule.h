/* SPDX-License-Identifier: MIT */
/*
 * schedule: which notifications of the schedule are fanned out next: those that
 * are due, in the order of their times.
 */
#ifndef HOOKS_SCHEDULE_H
#define HOOKS_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/id.h"

struct locked;
struct store;

enum {
	SCHEDULE_MAX = 256, /* rows */
	SCHEDULE_ORGS = 64  /* and their organizations */
};

struct schedule_pick {
	uint64_t key[SCHEDULE_MAX];
	size_t keys;
	struct id org[SCHEDULE_ORGS];
	size_t orgs;
	bool more; /* there may be more */
};

/*
 * At most `max` rows, of the organization `given`, or, when that is NULL, of
 * all but those that are left out: `locked`. Left out are organizations that
 * are at [api] max_due, too, and those whose rows in the outbox may replace or
 * cancel something: these must be taken over first.
 */
enum err schedule_pick(struct store *s, const struct id *given,
		       struct locked *locked, size_t max,
		       struct schedule_pick *out);

#endif
