/* SPDX-License-Identifier: MIT */
/*
 * buf: a growing run of bytes with a ceiling set when it is made.
 *
 * Going over the ceiling is an ordinary state, not a crash: the buffer keeps
 * what fitted before, `overflow` is set, and everything added later is
 * dropped. `data` always has a NUL after the last byte.
 */
#ifndef HOOKS_BUF_H
#define HOOKS_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data; /* borrowed until the next call; never NULL after init */
	size_t len;
	size_t cap;
	size_t max; /* most bytes `len` may reach */
	bool overflow;
};

void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b);
/* Empties it and keeps the memory; `overflow` is reset. */
void buf_clear(struct buf *b);

/* Makes room for `n` bytes in all, if the ceiling allows it. */
void buf_reserve(struct buf *b, size_t n);

/* All or nothing: bytes that do not fit completely set `overflow`. */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* As a string of JSON, with its quotes; the text is UTF-8. */
void buf_put_json(struct buf *b, const char *s);

/* Adds as many of the bytes as fit; `overflow` is set when some did not. */
void buf_add_cut(struct buf *b, const void *p, size_t n);
/* Keeps the first `n` bytes at most; `overflow` is set when there were more. */
void buf_cut(struct buf *b, size_t n);

#endif
