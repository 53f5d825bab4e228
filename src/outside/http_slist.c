/* SPDX-License-Identifier: MIT */
/*
 * http_slist: all nodes in one piece of memory. libcurl reads the list, and
 * neither frees nor changes it.
 */
#include "outside/http_slist.h"

#include <strings.h>

#include <curl/curl.h>

#include "base/mem.h"
#include "outside/http.h"

static size_t count_headers(const struct http_header *h)
{
	size_t n = 0;

	for (; h; h = h->next)
		n++;
	return n;
}

bool http_slist_accepts(const struct http_header *headers)
{
	for (; headers; headers = headers->next)
		if (strncasecmp(headers->line, "Accept", 6) == 0 &&
		    (headers->line[6] == ':' || headers->line[6] == ';'))
			return false;
	return true;
}

/* As CURLOPT_USERAGENT the agent would be formatted twice for each request.
 * "Expect:" takes away the one that libcurl would send by itself. Filters of
 * requests complain of one without "Accept". */
struct curl_slist *http_slist(char *agent, const struct http_header *headers)
{
	static char no_expect[] = "Expect:", accept[] = "Accept: */*";
	char *const own[] = {agent, no_expect, accept};
	size_t own_count = http_slist_accepts(headers) ? 3 : 2, n = 0;
	size_t count = own_count + count_headers(headers);
	struct curl_slist *list = xmalloc(count * sizeof(*list));

	for (; n < own_count; n++)
		list[n] = (struct curl_slist){own[n], &list[n + 1]};
	for (; headers; headers = headers->next, n++)
		list[n] = (struct curl_slist){headers->line, &list[n + 1]};
	list[count - 1].next = NULL;
	return list;
}
