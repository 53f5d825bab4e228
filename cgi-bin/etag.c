/* SPDX-License-Identifier: MIT */
/*
 * etag: parses a list, tag by tag.
 */
#include "etag.h"

#include <stddef.h>
#include <string.h>

/* The marks that servers add: Apache and lighttpd "-gzip", Jetty "--gzip",
 * other servers ";gzip". */
static const char *const marks[] = {"--", "-", ";"};
static const char *const codings[] = {"gzip", "br", "deflate", "zstd"};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* The text between the quotes of a tag, *borrowed*. */
struct opaque {
	const char *s;
	size_t len;
};

/* False: here is no tag. */
static bool read_opaque(const char *at, struct opaque *out)
{
	if (*at != '"')
		return false;
	out->s = at + 1;
	out->len = strcspn(out->s, "\"");
	return out->s[out->len] != '\0';
}

static bool ends_with(const struct opaque *o, const char *end)
{
	size_t len = strlen(end);

	return o->len >= len && memcmp(o->s + o->len - len, end, len) == 0;
}

/* Takes the name of a coding off, once. */
static void strip_coding(struct opaque *o)
{
	for (size_t i = 0; i < COUNT(codings); i++) {
		struct opaque rest = *o;

		if (!ends_with(o, codings[i]))
			continue;
		rest.len -= strlen(codings[i]);
		for (size_t j = 0; j < COUNT(marks); j++) {
			if (!ends_with(&rest, marks[j]))
				continue;
			o->len = rest.len - strlen(marks[j]);
			return;
		}
	}
}

static void cut_at_dot(struct opaque *o)
{
	const char *dot = memchr(o->s, '.', o->len);

	if (dot)
		o->len = (size_t)(dot - o->s);
}

static bool same(struct opaque given, struct opaque own, enum etag_part part)
{
	strip_coding(&given);
	if (part == ETAG_FIRST) {
		cut_at_dot(&given);
		cut_at_dot(&own);
	}
	return given.len == own.len && memcmp(given.s, own.s, own.len) == 0;
}

bool etag_listed(const char *list, const char *tag, enum etag_part part)
{
	struct opaque own = {"", 0}, given;

	if (list[strspn(list, " \t")] == '*')
		return true;
	if (!read_opaque(tag, &own))
		return false;
	for (;;) {
		list += strspn(list, " \t,");
		list += strncmp(list, "W/", 2) == 0 ? 2 : 0;
		if (!read_opaque(list, &given))
			return false;
		if (same(given, own, part))
			return true;
		list = given.s + given.len + 1;
	}
}
