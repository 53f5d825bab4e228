/* SPDX-License-Identifier: MIT */
/*
 * shown: text as a terminal may get it. Text of strangers could move its
 * cursor, change its state, or let characters change places, so that a line
 * reads as another one.
 */
#ifndef HOOKS_SHOWN_H
#define HOOKS_SHOWN_H

#include <stddef.h>

#include "base/buf.h"

/* Adds the text with its lines and tabs. Other control characters, also those
 * of C1, and those that turn the direction of writing are added as \u and four
 * digits, which in JSON is the same string; bytes that are not UTF-8 as \x and
 * two. */
void shown_add(struct buf *out, const char *s, size_t n);

#endif
