/* SPDX-License-Identifier: MIT */
/*
 * etag: takes a list apart, tag by tag.
 */
#include "etag.h"

#include <stddef.h>
#include <string.h>

/* The length of the quoted text, quotes included; 0: it is none. */
static size_t quoted(const char *s)
{
	size_t len;

	if (*s != '"')
		return 0;
	len = strcspn(s + 1, "\"");
	return s[1 + len] ? len + 2 : 0;
}

bool etag_listed(const char *list, const char *tag, bool weak)
{
	size_t want = strlen(tag), len;

	if (list[strspn(list, " \t")] == '*')
		return true;
	for (;; list += len) {
		bool marked;

		list += strspn(list, " \t,");
		marked = strncmp(list, "W/", 2) == 0;
		list += marked ? 2 : 0;
		len = quoted(list);
		if (!len)
			return false;
		if (len == want && memcmp(list, tag, len) == 0 &&
		    (weak || !marked))
			return true;
	}
}
