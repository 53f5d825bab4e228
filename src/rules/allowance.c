/* SPDX-License-Identifier: MIT */
/*
 * allowance: a list that is emptied each second, searched from the end, since
 * the last entry is wanted most.
 */
#include "rules/allowance.h"

static uint64_t *used_by(struct allowance *a, const struct id *organization)
{
	for (size_t i = a->count; i-- > 0;)
		if (id_equal(&a->row[i].organization, organization))
			return &a->row[i].bytes;
	if (a->count == ALLOWANCE_ROWS)
		return &a->row[ALLOWANCE_ROWS - 1].bytes;
	a->row[a->count].organization = *organization;
	a->row[a->count].bytes = 0;
	return &a->row[a->count++].bytes;
}

bool allowance_take(struct allowance *a, const struct id *organization,
		    uint64_t bytes, uint64_t limit, int64_t now)
{
	uint64_t *used;

	if (now - a->since >= ALLOWANCE_MS) {
		a->count = 0;
		a->since = now;
	}
	used = used_by(a, organization);
	if (*used >= limit)
		return false;
	*used += bytes;
	return true;
}
