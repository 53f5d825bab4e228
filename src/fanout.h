/*
 * fanout: publishing's second half. What an application wrote into the
 * outbox with SQL was seen by nobody yet, so every row is checked here, by
 * the rules of the API, and either rejected with a reason or turned into one
 * delivery a matching hook.
 */
#ifndef HOOKS_FANOUT_H
#define HOOKS_FANOUT_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct store;

struct fanout_count {
	size_t taken; /* rows looked at; FANOUT_MAX: there may be more */
	size_t rejected;
	uint64_t made; /* deliveries */
};

enum { FANOUT_MAX = 256 }; /* rows a transaction */

/* One transaction over the oldest queued rows with a key up to `newest`. */
enum err fanout_run(struct store *s, uint64_t newest, struct fanout_count *out);

#endif
