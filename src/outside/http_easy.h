/* SPDX-License-Identifier: MIT */
/*
 * http_easy: libcurl's handle of a request, set up so that it does only what a
 * webhook delivery may do. http adds the part that is one request's.
 */
#ifndef HOOKS_HTTP_EASY_H
#define HOOKS_HTTP_EASY_H

#include <stdbool.h>

#include <curl/curl.h>

struct http_options;

/* Ends the program when libcurl refused `what`: a library that lacks it. */
void http_must(bool ok, const char *what);

#define SET(easy, option, value)                                               \
	http_must(curl_easy_setopt(easy, CURLOPT_##option, value) == CURLE_OK, \
		  #option)

/* Never NULL; curl_easy_cleanup() is due. */
CURL *http_easy_new(const struct http_options *o);

#endif
