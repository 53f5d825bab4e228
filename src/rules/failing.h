/* SPDX-License-Identifier: MIT */
/*
 * failing: since when the target of a hook has only failed, and whether that is
 * too long. Time counts only while something is tried: failures before a long
 * pause tell nothing about the time in between. Pure.
 */
#ifndef HOOKS_FAILING_H
#define HOOKS_FAILING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FAILING_ATTEMPTS = 5 }; /* fewer never disable a hook */

/* Times are the database's, in ms; TIME_NONE: the last attempt succeeded. */
struct failing {
	int64_t since;	   /* the first failed attempt */
	int64_t last;	   /* the last one */
	unsigned attempts; /* that failed, from the first to the last */
};

struct failing_policy {
	const int64_t *schedule; /* waits in ms; borrowed */
	size_t schedule_count;
	double jitter;
	int64_t disable_after; /* ms */
};

/* An attempt succeeded, or the hook was changed. */
void failing_end(struct failing *f);
/*
 * An attempt failed. The time begins anew when nothing was tried for longer
 * than the schedule's longest wait and a quarter of disable_after, or when the
 * hook was changed (`changed_at`) after it had begun.
 */
void failing_add(struct failing *f, const struct failing_policy *policy,
		 int64_t changed_at, int64_t now);
/* Whether the target has failed for disable_after, in FAILING_ATTEMPTS attempts
 * or more. */
bool failing_is_too_long(const struct failing *f,
			 const struct failing_policy *policy, int64_t now);

#endif
