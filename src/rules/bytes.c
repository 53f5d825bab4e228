/* SPDX-License-Identifier: MIT */
/*
 * bytes: a short list, searched from the end, since the last entry is wanted
 * most.
 */
#include "rules/bytes.h"

static struct bytes_row *find_row(struct bytes *b, const struct id *of)
{
	for (size_t i = b->count; i-- > 0;)
		if (id_equal(&b->row[i].organization, of))
			return &b->row[i];
	return NULL;
}

bool bytes_add(struct bytes *b, const struct id *organization, int64_t payloads,
	       int64_t answers)
{
	struct bytes_row *r = find_row(b, organization);

	if (!r && b->count == BYTES_ROWS)
		return false;
	if (!r) {
		r = &b->row[b->count++];
		*r = (struct bytes_row){.organization = *organization};
	}
	r->payloads += payloads;
	r->answers += answers;
	return true;
}

int64_t bytes_of(const struct bytes *b, const struct id *organization)
{
	for (size_t i = 0; i < b->count; i++)
		if (id_equal(&b->row[i].organization, organization))
			return b->row[i].payloads + b->row[i].answers;
	return 0;
}
