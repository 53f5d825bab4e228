/* SPDX-License-Identifier: MIT */
/*
 * failing: one window of failures, which a success or a long pause ends.
 */
#include "rules/failing.h"

#include "base/text.h"
#include "rules/retry.h"

enum { PAUSE_SHARE = 4 }; /* of disable_after */

void failing_end(struct failing *f)
{
	*f = (struct failing){.since = TIME_NONE, .last = TIME_NONE};
}

/* Between two attempts of a delivery there may be the longest wait of the
 * schedule, and between two deliveries some time without traffic. */
static int64_t longest_pause(const struct failing_policy *policy)
{
	return retry_longest(policy->schedule, policy->schedule_count,
			     policy->jitter, false) +
	       policy->disable_after / PAUSE_SHARE;
}

void failing_add(struct failing *f, const struct failing_policy *policy,
		 int64_t changed_at, int64_t now)
{
	if (f->since == TIME_NONE || f->since < changed_at ||
	    f->last == TIME_NONE || now - f->last > longest_pause(policy)) {
		f->since = now;
		f->attempts = 0;
	}
	f->last = now;
	f->attempts += f->attempts < UINT16_MAX;
}

bool failing_is_too_long(const struct failing *f,
			 const struct failing_policy *policy, int64_t now)
{
	return f->since != TIME_NONE && f->attempts >= FAILING_ATTEMPTS &&
	       now - f->since >= policy->disable_after;
}
