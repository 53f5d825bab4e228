/* SPDX-License-Identifier: MIT */
/*
 * etag: lists in If-Match and If-None-Match. A tag in front of any list is in
 * it, other tags and blanks in front change nothing; a list with the whole tag
 * also has its first part, and the tag is in the text.
 */
#include "fuzz.h"

#include <stdbool.h>

#include "etag.h"

static const char tag[] = "\"1.abc\"";

static bool listed(const char *before, const char *list, enum etag_part part)
{
	size_t room = strlen(before) + strlen(list) + 1;
	char *s = xmalloc(room);
	bool yes;

	snprintf(s, room, "%s%s", before, list);
	yes = etag_listed(s, tag, part);
	free(s);
	return yes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *list = fuzz_text(data, size);
	bool first = listed("", list, ETAG_FIRST);
	bool whole = listed("", list, ETAG_WHOLE);
	bool any = list[strspn(list, " \t")] == '*';

	CHECK(first || !whole);
	CHECK(any || !first || strstr(list, "\"1"));
	CHECK(any || !whole || strstr(list, "\"1.abc"));
	CHECK(!any || whole);
	CHECK(listed("\t ", list, ETAG_WHOLE) == whole);
	CHECK(listed("\"1.abc\"", list, ETAG_WHOLE));
	CHECK(listed("W/\"1.abc-gzip\", ", list, ETAG_WHOLE));
	CHECK(listed("\"1.x\", ", list, ETAG_FIRST));
	CHECK(listed("\"*\", W/\"2.abc\",\"1.abcd\" ,", list, ETAG_WHOLE) ==
	      (whole && !any));
	free(list);
	return 0;
}
