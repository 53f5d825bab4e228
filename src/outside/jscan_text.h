/* SPDX-License-Identifier: MIT */
/*
 * jscan_text: strings inside JSON text: their syntax, and comparing them
 * after decoding. Shared by the parts of jscan only.
 */
#ifndef HOOKS_JSCAN_TEXT_H
#define HOOKS_JSCAN_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* The text between the quotes, still encoded. */
struct jscan_name {
	const char *s;
	size_t len;
	bool escaped; /* contains a backslash */
};

/*
 * Reads the string whose opening quote is at `*p` and moves past its closing
 * quote; NULL, or the error at the byte that `*p` then points to.
 */
const char *jscan_string(const char **p, const char *end,
			 struct jscan_name *out);

/* Compares decoded code points, as memcmp(3) does. Both must have been read. */
int jscan_compare(const struct jscan_name *a, const struct jscan_name *b);

#endif
