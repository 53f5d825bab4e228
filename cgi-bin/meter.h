/* SPDX-License-Identifier: MIT */
/*
 * meter: counts requests by method, route and status. The counts are collected
 * in memory and added to the counters of the whole installation every few
 * seconds and at the process's end, because processes come and go and do not
 * know each other. A process that is killed loses the counts of a few seconds;
 * a COMMIT whose answer is lost may count them twice.
 */
#ifndef HOOKS_METER_H
#define HOOKS_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct store;

enum {
	METER_MAX = 256, /* different labels between two writes */
	METER_WRITE_MS = 5000
};

struct meter {
	struct meter_count {
		const char *method, *route; /* literals */
		unsigned status;
		uint64_t n;
	} count[METER_MAX];
	size_t used;
	int64_t since; /* of the first count, monotonic */
};

/* `method` as sent; `route`: the pattern, a literal, or NULL for an unknown
 * address. */
void meter_add(struct meter *m, const char *method, const char *route,
	       unsigned status);

bool meter_is_due(const struct meter *m, int64_t monotonic_ms);
/* Writes the counts; on failure they are kept for the next time. */
enum err meter_write(struct meter *m, struct store *s);

#endif
