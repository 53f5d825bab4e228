/* SPDX-License-Identifier: MIT */
/*
 * http_slist: a request's header lines as libcurl wants them.
 */
#ifndef HOOKS_HTTP_SLIST_H
#define HOOKS_HTTP_SLIST_H

#include <stdbool.h>

struct curl_slist;
struct http_header;

/* `agent` is the whole line of User-Agent. The lines are borrowed; free() the
 * list as it is, once libcurl is done with the request. Never NULL. */
struct curl_slist *http_slist(char *agent, const struct http_header *headers);

/* Whether an Accept header is added to these, which have none of their own. */
bool http_slist_accepts(const struct http_header *headers);

#endif
