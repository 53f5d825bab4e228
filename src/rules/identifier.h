/* SPDX-License-Identifier: MIT */
/*
 * identifier: names of databases, tables and columns, as people write them and
 * as SQL takes any of them: in backticks, in which two stand for one.
 */
#ifndef HOOKS_IDENTIFIER_H
#define HOOKS_IDENTIFIER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct arena;

/* Reads 1 to `max` names with `separator` between them: "shop.orders",
 * "a, `b,c`". A name without backticks ends at the separator, and blanks around
 * names do not count. False: a name is empty, a backtick has no partner, there
 * are more, or a letter that no name can have, above U+FFFF or no UTF-8. The
 * names are *arena*. */
bool identifier_list(const char *text, char separator, struct arena *arena,
		     const char **out, size_t max, size_t *count);

/* Adds the name in backticks. */
void identifier_put(struct buf *out, const char *name);

#endif
