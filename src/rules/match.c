/* SPDX-License-Identifier: MIT */
/*
 * match: names, time, user.
 */
#include "rules/match.h"

#include <stdio.h>
#include <string.h>

#include "rules/action.h"

static void put_name(struct match_names *out, const char *s, size_t n,
		     const char *end)
{
	snprintf(out->name[out->count++], MATCH_NAME_SIZE, "%.*s%s", (int)n, s,
		 end);
}

void match_names(struct match_names *out, const char *action)
{
	size_t len = strlen(action);

	out->count = 0;
	if (len >= MATCH_NAME_SIZE)
		return;
	put_name(out, action, len, "");
	if (action_operational(action))
		return;
	for (size_t i = len; i-- > 1;)
		if (action[i] == '.' && i + 2 < MATCH_NAME_SIZE &&
		    out->count < MATCH_NAMES_MAX - 1)
			put_name(out, action, i, ".*");
	put_name(out, "*", 1, "");
}

static bool in_time(const struct match_want *want, int64_t accepted_at)
{
	if (accepted_at == MATCH_ALWAYS)
		return true;
	if (accepted_at == MATCH_NOW)
		return want->until == MATCH_NOW;
	return want->since <= accepted_at && accepted_at < want->until;
}

bool match_fits(const struct match_want *want, int64_t accepted_at,
		const char *user)
{
	if (!in_time(want, accepted_at))
		return false;
	return !want->user || (user && strcmp(want->user, user) == 0);
}
