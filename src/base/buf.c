/* SPDX-License-Identifier: MIT */
/*
 * buf: bytes that grow by doubling up to their ceiling.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static char nothing[1];

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.data = nothing, .max = max};
}

void buf_release(struct buf *b)
{
	if (b->cap)
		free(b->data);
	buf_init(b, b->max);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->overflow = false;
	if (b->cap)
		b->data[0] = '\0';
}

static void reserve(struct buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : 64;

	if (need < b->cap)
		return;
	while (cap <= need)
		cap *= 2;
	b->data = xrealloc(b->cap ? b->data : NULL, cap);
	b->cap = cap;
}

void buf_reserve(struct buf *b, size_t n)
{
	if (n <= b->max)
		reserve(b, n);
}

static void append(struct buf *b, const void *p, size_t n)
{
	if (!n)
		return;
	reserve(b, b->len + n);
	memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	if (b->overflow || n > b->max - b->len)
		b->overflow = true;
	else
		append(b, p, n);
}

void buf_add_cut(struct buf *b, const void *p, size_t n)
{
	if (b->overflow)
		return;
	if (n > b->max - b->len) {
		b->overflow = true;
		n = b->max - b->len;
	}
	append(b, p, n);
}

void buf_cut(struct buf *b, size_t n)
{
	if (b->len <= n)
		return;
	b->overflow = true;
	b->len = n;
	b->data[n] = '\0';
}

void buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_put_json(struct buf *b, const char *s)
{
	buf_putc(b, '"');
	for (; *s; s++)
		if ((unsigned char)*s < 0x20)
			buf_printf(b, "\\u%04x", (unsigned)*s);
		else if (*s == '"' || *s == '\\')
			buf_printf(b, "\\%c", *s);
		else
			buf_putc(b, *s);
	buf_putc(b, '"');
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0 || b->overflow || (size_t)n > b->max - b->len) {
		b->overflow = true;
	} else {
		reserve(b, b->len + (size_t)n);
		vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
	va_end(ap);
}
