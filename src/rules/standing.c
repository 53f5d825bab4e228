/* SPDX-License-Identifier: MIT */
/*
 * standing: the worst that is true.
 */
#include "rules/standing.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const struct {
	const char *name, *reason;
} words[STANDING_MAX] = {
	[STANDING_HEALTHY] = {"healthy", NULL},
	[STANDING_RETRYING] = {"retrying", "the last attempts failed"},
	[STANDING_SUSPENDED] = {"suspended", "the target cannot be reached"},
	[STANDING_BLOCKED] = {"blocked", "the first delivery of the order "
					 "failed"},
	[STANDING_PUT_OFF] = {"put_off", "the target asked for time "
					 "(Retry-After)"},
	[STANDING_DISABLED] = {"disabled", "disabled"},
};

static enum standing_is find_standing(const struct standing_facts *f)
{
	if (!f->enabled)
		return STANDING_DISABLED;
	if (f->suspended_until != TIME_NONE && f->suspended_until > f->now) {
		if (f->put_off)
			return STANDING_PUT_OFF;
		return f->ordered ? STANDING_BLOCKED : STANDING_SUSPENDED;
	}
	return f->failing_since == TIME_NONE ? STANDING_HEALTHY
					     : STANDING_RETRYING;
}

struct standing standing_of(const struct standing_facts *f)
{
	struct standing s = {.is = find_standing(f),
			     .since = f->failing_since,
			     .until = TIME_NONE};

	if (s.is == STANDING_DISABLED)
		s.since = f->updated_at; /* nothing else changes it then */
	else if (s.is != STANDING_HEALTHY && s.is != STANDING_RETRYING)
		s.until = f->suspended_until;
	return s;
}

const char *standing_name(enum standing_is is)
{
	return words[is].name;
}

const char *standing_reason(enum standing_is is)
{
	return words[is].reason;
}

void standing_counts(char out[STANDING_COUNTS_SIZE],
		     const uint64_t count[STANDING_MAX])
{
	size_t len = 0;

	snprintf(out, STANDING_COUNTS_SIZE, "none");
	for (size_t i = 0; i < STANDING_MAX; i++)
		if (count[i])
			len += (size_t)snprintf(
				out + len, STANDING_COUNTS_SIZE - len,
				"%s%llu %s", len ? ", " : "",
				(unsigned long long)count[i], words[i].name);
}

bool standing_is_name(const char *name)
{
	for (size_t i = 0; i < STANDING_MAX; i++)
		if (strcmp(words[i].name, name) == 0)
			return true;
	return false;
}
