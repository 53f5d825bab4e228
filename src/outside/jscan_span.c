/* SPDX-License-Identifier: MIT */
/*
 * jscan: the places of values in accepted text. Nothing is checked again, but
 * no text makes these functions read past its end.
 */
#include "outside/jscan.h"

#include <string.h>

#include "outside/jscan_text.h"

struct span {
	const char *p, *end;
};

static void span_skip_blanks(struct span *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' ||
				 *s->p == '\t' || *s->p == '\r'))
		s->p++;
}

static bool at(struct span *s, char c)
{
	span_skip_blanks(s);
	return s->p < s->end && *s->p == c;
}

static bool span_took(struct span *s, char c)
{
	if (!at(s, c))
		return false;
	s->p++;
	return true;
}

static void skip_string(struct span *s)
{
	for (s->p++; s->p < s->end && *s->p != '"'; s->p++)
		if (*s->p == '\\' && s->p + 1 < s->end)
			s->p++;
	if (s->p < s->end)
		s->p++;
}

static void skip_scalar(struct span *s)
{
	while (s->p < s->end && !strchr(",]} \n\t\r", *s->p))
		s->p++;
}

/* From the opening bracket to the byte after its counterpart. */
static void skip_nested(struct span *s)
{
	unsigned depth = 0;

	while (s->p < s->end) {
		char c = *s->p;

		if (c == '"') {
			skip_string(s);
			continue;
		}
		s->p++;
		if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && --depth == 0)
			return;
	}
}

static void skip_value(struct span *s)
{
	span_skip_blanks(s);
	if (s->p == s->end)
		return;
	if (*s->p == '"')
		skip_string(s);
	else if (*s->p == '{' || *s->p == '[')
		skip_nested(s);
	else
		skip_scalar(s);
}

enum jscan_type jscan_type(const char *text, size_t len)
{
	struct span s = {text, text + len};

	span_skip_blanks(&s);
	switch (s.p < s.end ? *s.p : '\0') {
	case '{':
		return JSCAN_OBJECT;
	case '[':
		return JSCAN_ARRAY;
	case '"':
		return JSCAN_STRING;
	case 't':
	case 'f':
		return JSCAN_BOOL;
	case 'n':
		return JSCAN_NULL;
	default:
		return JSCAN_NUMBER;
	}
}

/* The name in front of a member's value, read as the scanner reads it. */
static bool read_name(struct span *s, struct jscan_name *out)
{
	return at(s, '"') && !jscan_string(&s->p, s->end, out) &&
	       span_took(s, ':');
}

/* Compares a plain text whose backslashes stand for themselves. */
static bool span_is_name(const struct jscan_name *have, const char *name)
{
	const struct jscan_name wanted = {name, strlen(name), false};

	return jscan_compare(have, &wanted) == 0;
}

bool jscan_member(const char *object, size_t len, const char *name,
		  size_t *start, size_t *n)
{
	struct span s = {object, object + len};
	struct jscan_name have;

	if (!span_took(&s, '{'))
		return false;
	while (read_name(&s, &have)) {
		const char *first;

		span_skip_blanks(&s);
		first = s.p;
		skip_value(&s);
		if (span_is_name(&have, name)) {
			*start = (size_t)(first - object);
			*n = (size_t)(s.p - first);
			return true;
		}
		if (!span_took(&s, ','))
			return false;
	}
	return false;
}

bool jscan_next(const char *array, size_t len, size_t *pos, size_t *start,
		size_t *n)
{
	struct span s = {array + *pos, array + len};
	const char *first;

	if (!span_took(&s, *pos ? ',' : '[') || at(&s, ']') || s.p == s.end)
		return false;
	span_skip_blanks(&s);
	first = s.p;
	skip_value(&s);
	*start = (size_t)(first - array);
	*n = (size_t)(s.p - first);
	*pos = (size_t)(s.p - array);
	return true;
}
