/* SPDX-License-Identifier: MIT */
/*
 * shown: the ranges of characters that are not safe for a terminal.
 */
#include "base/shown.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

static const struct {
	uint32_t first, last;
} unsafe[] = {
	{0x00, 0x08},	  {0x0b, 0x1f},	    {0x7f, 0x9f},
	{0x61c, 0x61c}, /* from here on direction, and ends of lines */
	{0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069},
};

static bool is_safe(uint32_t point)
{
	for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++)
		if (point >= unsafe[i].first && point <= unsafe[i].last)
			return false;
	return true;
}

void shown_add(struct buf *out, const char *s, size_t n)
{
	uint32_t point;
	size_t length;

	for (size_t i = 0; i < n; i += length) {
		length = text_utf8(s + i, n - i, &point);
		if (length && is_safe(point))
			buf_add(out, s + i, length);
		else if (length)
			buf_printf(out, "\\u%04x", (unsigned)point);
		else
			buf_printf(out, "\\x%02x", (unsigned char)s[i]);
		length = length ? length : 1;
	}
}
