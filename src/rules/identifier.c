/* SPDX-License-Identifier: MIT */
/*
 * identifier: reads and quotes names.
 */
#include "rules/identifier.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static bool identifier_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static const char *identifier_skip(const char *s)
{
	while (identifier_is_blank(*s))
		s++;
	return s;
}

/* The servers' own names are of the first plane. */
static bool has_letters_of_names(const char *s)
{
	uint32_t point;
	size_t n;

	for (; *s; s += n) {
		n = text_utf8(s, strlen(s), &point);
		if (!n || point > 0xffff)
			return false;
	}
	return true;
}

/* The part after the first backtick; returns what follows the last one, or
 * NULL. `name` has room for it. */
static const char *read_quoted(const char *s, char *name)
{
	for (; *s; s++) {
		if (*s == '`' && *++s != '`') {
			*name = '\0';
			return s;
		}
		*name++ = *s;
	}
	return NULL;
}

static const char *read_bare(const char *s, char separator, char *name)
{
	size_t n = 0, end;

	while (s[n] && s[n] != separator)
		n++;
	end = n;
	while (end && identifier_is_blank(s[end - 1]))
		end--;
	memcpy(name, s, end);
	name[end] = '\0';
	return memchr(name, '`', end) ? NULL : s + n;
}

bool identifier_list(const char *text, char separator, struct arena *arena,
		     const char **out, size_t max, size_t *count)
{
	const char *s = text;
	size_t n = 0;

	if (!has_letters_of_names(text))
		return false;
	do {
		char *name = arena_alloc(arena, strlen(s) + 1);

		if (n == max)
			return false;
		if (n)
			s++;
		s = identifier_skip(s);
		s = *s == '`' ? read_quoted(s + 1, name)
			      : read_bare(s, separator, name);
		if (!s || !*name)
			return false;
		out[n++] = name;
		s = identifier_skip(s);
	} while (*s == separator);
	*count = n;
	return *s == '\0';
}

void identifier_put(struct buf *out, const char *name)
{
	buf_putc(out, '`');
	for (; *name; name++) {
		if (*name == '`')
			buf_putc(out, '`');
		buf_putc(out, *name);
	}
	buf_putc(out, '`');
}
