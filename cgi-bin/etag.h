/* SPDX-License-Identifier: MIT */
/*
 * etag: the lists of tags in If-Match and If-None-Match (RFC 9110 13.1).
 */
#ifndef HOOKS_ETAG_H
#define HOOKS_ETAG_H

#include <stdbool.h>

/*
 * Whether `tag`, a strong one with its quotes, is in the list, or the list is
 * "*". `weak`: one that is marked as weak counts too; servers that compress
 * mark tags so. Parsing stops at the first malformed entry.
 */
bool etag_listed(const char *list, const char *tag, bool weak);

#endif
