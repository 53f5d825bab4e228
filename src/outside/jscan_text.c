/* SPDX-License-Identifier: MIT */
/*
 * jscan_text: the string syntax of RFC 8259, section 7, without U+0000 and
 * lone surrogates.
 */
#include "outside/jscan_text.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"

/* The bytes that most strings are made of: no quote, no backslash, no control
 * character, no UTF-8 sequence. */
static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* The four digits at `p`; false when there are none. */
static bool unit(const char *p, const char *end, uint32_t *out)
{
	uint32_t v = 0;

	if (end - p < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		int d = text_hex_digit(p[i]);

		if (d < 0)
			return false;
		v = v << 4 | (uint32_t)d;
	}
	*out = v;
	return true;
}

static bool is_high(uint32_t u)
{
	return u >= 0xd800 && u <= 0xdbff;
}

static bool is_low(uint32_t u)
{
	return u >= 0xdc00 && u <= 0xdfff;
}

/* After "\u"; moves past a whole surrogate pair. */
static const char *check_unit(const char **p, const char *end)
{
	uint32_t u, low;

	if (!unit(*p, end, &u))
		return "\\u needs four hexadecimal digits";
	if (!u)
		return "U+0000 is not accepted in a string";
	if (is_low(u))
		return "the second half of a surrogate pair stands alone";
	*p += 4;
	if (!is_high(u))
		return NULL;
	if (end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u' ||
	    !unit(*p + 2, end, &low) || !is_low(low))
		return "the first half of a surrogate pair stands alone";
	*p += 6;
	return NULL;
}

/* `*p` is at the backslash, where an error is reported. */
static const char *check_escape(const char **p, const char *end)
{
	const char *at = *p + 1;
	const char *why;

	if (at == end)
		return "the string does not end";
	if (*at == 'u') {
		at++;
		why = check_unit(&at, end);
		if (!why)
			*p = at;
		return why;
	}
	if (!*at || !strchr("\"\\/bfnrt", *at))
		return "unknown escape: a backslash is written \\\\";
	*p = at + 1;
	return NULL;
}

static const char *check_sequence(const char **p, const char *end)
{
	uint32_t point;
	size_t n = text_utf8(*p, (size_t)(end - *p), &point);

	*p += n;
	return n ? NULL : "the text is not well-formed UTF-8";
}

/* Checks one sequence that is not plain. */
static const char *check_special(const char **p, const char *end)
{
	unsigned char c = (unsigned char)**p;

	if (c == '\\')
		return check_escape(p, end);
	if (c >= 0x80)
		return check_sequence(p, end);
	return "control characters in a string must be escaped";
}

const char *jscan_string(const char **p, const char *end,
			 struct jscan_name *out)
{
	const char *start = *p + 1, *s = start, *why;
	bool escaped = false;

	for (;;) {
		while (s < end && is_plain((unsigned char)*s))
			s++;
		if (s == end) {
			*p = s;
			return "the string does not end";
		}
		if (*s == '"')
			break;
		escaped |= *s == '\\';
		why = check_special(&s, end);
		if (why) {
			*p = s;
			return why;
		}
	}
	*out = (struct jscan_name){start, (size_t)(s - start), escaped};
	*p = s + 1;
	return NULL;
}

static uint32_t escape_point(const char **p, const char *end)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	uint32_t u = 0, low = 0;
	char c = (*p)[1];

	*p += 2;
	if (c != 'u')
		return (unsigned char)to[strchr(from, c) - from];
	unit(*p, end, &u);
	*p += 4;
	if (!is_high(u))
		return u;
	unit(*p + 2, end, &low);
	*p += 6;
	return 0x10000 + ((u - 0xd800) << 10) + (low - 0xdc00);
}

/* The next code point of a string that was read; 0 at its end, which is why
 * U+0000 inside a string is refused early. */
static uint32_t next_point(const struct jscan_name *name, const char **p)
{
	const char *end = name->s + name->len;
	uint32_t point = 0;

	if (*p == end)
		return 0;
	if (name->escaped && **p == '\\')
		return escape_point(p, end);
	*p += text_utf8(*p, (size_t)(end - *p), &point);
	return point;
}

/* UTF-8 sorts like its code points, so undecoded bytes may be compared. */
static int compare_raw(const struct jscan_name *a, const struct jscan_name *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int d = memcmp(a->s, b->s, n);

	return d ? d : (a->len > b->len) - (a->len < b->len);
}

int jscan_compare(const struct jscan_name *a, const struct jscan_name *b)
{
	const char *p = a->s, *q = b->s;
	uint32_t u, v;

	if (!a->escaped && !b->escaped)
		return compare_raw(a, b);
	do {
		u = next_point(a, &p);
		v = next_point(b, &q);
	} while (u == v && u);
	return (u > v) - (u < v);
}
