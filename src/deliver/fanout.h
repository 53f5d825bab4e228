/* SPDX-License-Identifier: MIT */
/*
 * fanout: publishing's second half. What an application wrote into the
 * outbox with SQL was seen by nobody yet, so every row is checked here, by
 * the rules of the API, and either rejected with a reason or turned into one
 * delivery a matching hook.
 */
#ifndef HOOKS_FANOUT_H
#define HOOKS_FANOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#include "rules/id.h"

struct store;

enum {
	FANOUT_MAX =
		256, /* rows a transaction, and about so many deliveries: */
	FANOUT_DELIVERIES = 5000,
	FANOUT_ORGS = 64 /* organizations a transaction */
};

/* Where the round of the organizations has come to; begins as all zeros. */
struct fanout_place {
	struct id organization; /* served last */
	bool under_way;
};

struct fanout_count {
	size_t taken; /* rows looked at */
	size_t rejected;
	uint64_t made; /* deliveries */
	bool more;     /* there may be more */
};

/*
 * One transaction. The organizations that have something queued take turns,
 * each with its oldest rows that have a key up to `newest`; what would make
 * too many deliveries at once is left for the next.
 */
enum err fanout_run(struct store *s, struct fanout_place *place,
		    uint64_t newest, struct fanout_count *out);

#endif
