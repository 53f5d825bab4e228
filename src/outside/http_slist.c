/* SPDX-License-Identifier: MIT */
/*
 * http_slist: all nodes in one piece of memory. libcurl reads the list, and
 * neither frees nor changes it.
 */
#include "outside/http_slist.h"

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

/* As CURLOPT_USERAGENT the agent would be formatted twice for each request.
 * "Expect:" and "Accept:" take away those that libcurl would send by itself. */
struct curl_slist *http_slist(char *agent, const struct http_header *headers)
{
	static char no_expect[] = "Expect:", no_accept[] = "Accept:";
	char *const own[] = {agent, no_expect, no_accept};
	size_t own_count = sizeof(own) / sizeof(own[0]), n = 0;
	size_t count = own_count + count_headers(headers);
	struct curl_slist *list = xmalloc(count * sizeof(*list));

	for (; n < own_count; n++)
		list[n] = (struct curl_slist){own[n], &list[n + 1]};
	for (; headers; headers = headers->next, n++)
		list[n] = (struct curl_slist){headers->line, &list[n + 1]};
	list[count - 1].next = NULL;
	return list;
}
