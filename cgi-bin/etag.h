/* SPDX-License-Identifier: MIT */
/*
 * etag: the lists of tags in If-Match and If-None-Match (RFC 9110 13.1).
 *
 * A server that compresses an answer marks our tag as weak, or adds the name
 * of the coding to it, and does not take that out of the tag that a client
 * sends back. Our tags are version numbers, not hashes of bytes as they are
 * sent, so such a tag is ours all the same.
 *
 * A tag may have two parts with a dot in between, "A.B": A stands for what a
 * client sets, B for everything that is shown.
 */
#ifndef HOOKS_ETAG_H
#define HOOKS_ETAG_H

#include <stdbool.h>

enum etag_part {
	ETAG_WHOLE,
	ETAG_FIRST /* the part before the dot, if there is one */
};

/*
 * Whether `tag`, as it was sent, with its quotes, is in the list, or the list
 * is "*". Parsing stops at the first malformed entry.
 */
bool etag_listed(const char *list, const char *tag, enum etag_part part);

#endif
