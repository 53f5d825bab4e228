/* SPDX-License-Identifier: MIT */
/*
 * etag: lists in If-Match and If-None-Match. A tag in front of any list is in
 * it, other tags and blanks in front change nothing; a strong match is a weak
 * one too, and stands in the text.
 */
#include "fuzz.h"

#include <stdbool.h>

#include "etag.h"

static const char tag[] = "\"1-abc\"";

static bool listed(const char *before, const char *list, bool weak)
{
	size_t room = strlen(before) + strlen(list) + 1;
	char *s = xmalloc(room);
	bool yes;

	snprintf(s, room, "%s%s", before, list);
	yes = etag_listed(s, tag, weak);
	free(s);
	return yes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *list = fuzz_text(data, size);
	bool strong = listed("", list, false), weak = listed("", list, true);
	bool any = list[strspn(list, " \t")] == '*';

	CHECK(weak || !strong);
	CHECK(any || !weak || strstr(list, tag));
	CHECK(!any || strong);
	CHECK(listed("\t ", list, false) == strong);
	CHECK(listed("\"1-abc\"", list, false));
	CHECK(listed("W/\"1-abc\", ", list, true));
	CHECK(listed("\"*\", W/\"1-abc\",\"1-abcd\" ,", list, false) ==
	      (strong && !any));
	free(list);
	return 0;
}
