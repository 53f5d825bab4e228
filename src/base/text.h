/* SPDX-License-Identifier: MIT */
/*
 * text: the written forms of small things: times, hexadecimal, UTF-8,
 * whole numbers, durations, sizes. The one place where they are converted.
 */
#ifndef HOOKS_TEXT_H
#define HOOKS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A time is milliseconds since 1970-01-01T00:00:00Z, or this: */
#define TIME_NONE INT64_MIN

enum {
	TEXT_TIME_SIZE = 25,	  /* "2021-05-27T08:03:53.775Z" and NUL */
	TEXT_MAIL_TIME_SIZE = 40, /* "Thu, 27 May 2021 08:03:53 +0000", NUL */
	TEXT_DURATION_SIZE = 32,  /* "1d12h", "1s500ms" and NUL */
	TEXT_SIZE_SIZE = 24	  /* "120k" and NUL */
};

/* RFC 3339, UTC, milliseconds; years 0000 to 9999, other years are clamped. */
void text_time(char out[TEXT_TIME_SIZE], int64_t ms);
/* RFC 5322, UTC, whatever the locale. */
void text_mail_time(char out[TEXT_MAIL_TIME_SIZE], int64_t ms);
/* Reads what text_time writes, also with 0 to 9 digits of fraction (cut to
 * milliseconds) and with an offset; a plain date means its first moment. */
bool text_time_parse(const char *s, int64_t *ms);
/* A calendar moment, UTC: month 1 to 12, day 1 to 31. */
int64_t text_civil_ms(int year, unsigned month, unsigned day, unsigned hour,
		      unsigned minute, unsigned second, unsigned ms);

/* Lower-case digits and a NUL: `out` holds 2 * n + 1 bytes. */
void text_hex(char *out, const void *bytes, size_t n);
/* The value of a hexadecimal digit of either case; -1: it is none. */
int text_hex_digit(char c);
/* Exactly 2 * n digits of either case and nothing after them. */
bool text_unhex(void *out, size_t n, const char *s, size_t len);

/* The first of `len` (1 or more) bytes as a code point; returns the length of
 * its sequence, 0 when it is not well-formed UTF-8 (RFC 3629). */
size_t text_utf8(const char *s, size_t len, uint32_t *point);
/* Whether all of it is well-formed: no overlong form, no surrogate. */
bool text_is_utf8(const char *s, size_t len);

/* Decimal digits only, no sign, no blank; false above `max`. */
bool text_uint(const char *s, uint64_t max, uint64_t *out);
/* Whole numbers, each with a unit of s m h d or ms, put together: "1d12h" is
 * their sum, at most 100 years. A plain 0 is allowed. */
bool text_duration(const char *s, int64_t *ms);
/* The same, of 0 or more, from the largest unit on: "1d12h", "0s". */
void text_duration_format(char out[TEXT_DURATION_SIZE], int64_t ms);
/* A whole number, optionally followed by k for 1024, m for 1024 k or g for
 * 1024 m; at most 1048576 g. */
bool text_size(const char *s, uint64_t *bytes);
/* With the largest letter that leaves a whole number: "120k", "1g". */
void text_size_format(char out[TEXT_SIZE_SIZE], uint64_t bytes);

#endif
