/* SPDX-License-Identifier: MIT */
/*
 * jscan: decides which JSON text is accepted, and finds its values.
 *
 * Accepted is RFC 8259 to the letter in well-formed UTF-8, except for names
 * that occur twice in one object (compared after decoding their escapes),
 * U+0000, lone surrogates, a byte order mark, and more levels than the limit.
 * Pure; time grows with the text (times log n for the names of one object),
 * memory only with very wide objects.
 */
#ifndef HOOKS_JSCAN_H
#define HOOKS_JSCAN_H

#include <stdbool.h>
#include <stddef.h>

/* The number of arrays and objects that may be nested. */
enum { JSCAN_DEPTH_MAX = 32 };

struct jscan_error {
	unsigned line, column; /* 1-based; columns count characters */
	const char *text;      /* the fault, without a full stop */
};

/*
 * Whether the whole of `s` is one accepted text; it may contain NUL bytes,
 * which are refused. `max_depth` is at most JSCAN_DEPTH_MAX; 1 allows an
 * array of numbers, 0 no array at all. `error` is written on failure.
 */
bool jscan_check(const char *s, size_t len, unsigned max_depth,
		 struct jscan_error *error);

/* The remaining functions are only for text that was accepted. */

enum jscan_type {
	JSCAN_OBJECT,
	JSCAN_ARRAY,
	JSCAN_STRING,
	JSCAN_NUMBER,
	JSCAN_BOOL,
	JSCAN_NULL
};

enum jscan_type jscan_type(const char *s, size_t len);

/*
 * The value of an object's member, from its first to its last byte, without
 * the blanks around it. False when there is no such member or `object` is not
 * an object. `name` is the decoded name.
 */
bool jscan_member(const char *object, size_t len, const char *name,
		  size_t *start, size_t *n);

/*
 * The elements of an array one after the other: `*pos` is 0 at first and
 * then belongs to this function. False after the last one, or when `array` is
 * not an array.
 */
bool jscan_next(const char *array, size_t len, size_t *pos, size_t *start,
		size_t *n);

#endif
