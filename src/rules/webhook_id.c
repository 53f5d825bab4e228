/* SPDX-License-Identifier: MIT */
/*
 * webhook_id: two ids, with a hyphen between them, and the mark of a batch.
 */
#include "rules/webhook_id.h"

#include <string.h>

enum { DIGITS = ID_TEXT_SIZE - 1, ALONE = 2 * DIGITS + 1 };

void webhook_id_format(char out[WEBHOOK_ID_SIZE], const struct webhook_id *w)
{
	id_format(out, &w->notification);
	out[DIGITS] = '-';
	id_format(out + DIGITS + 1, &w->hook);
	if (w->batch)
		memcpy(out + ALONE, "-b", sizeof("-b"));
}

bool webhook_id_parse(const char *s, size_t len, struct webhook_id *out)
{
	struct webhook_id w = {.batch = len == ALONE + 2};

	if ((len != ALONE && !w.batch) || s[DIGITS] != '-' ||
	    (w.batch && memcmp(s + ALONE, "-b", 2) != 0) ||
	    !id_parse(s, DIGITS, &w.notification) ||
	    !id_parse(s + DIGITS + 1, DIGITS, &w.hook))
		return false;
	*out = w;
	return true;
}
