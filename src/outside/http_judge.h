/* SPDX-License-Identifier: MIT */
/*
 * http_judge: the reason why a request has no complete answer, from libcurl's
 * code and from the progress that was seen.
 */
#ifndef HOOKS_HTTP_JUDGE_H
#define HOOKS_HTTP_JUDGE_H

#include <curl/curl.h>

#include "outside/attempt.h"

struct http_request;

enum attempt_error http_judge(const struct http_request *r, CURLcode code);

/* 100 to 999; 0: no status line came, or not one of HTTP: after "HTTP/2"
 * libcurl reads a number of any length. */
unsigned http_judge_status(const struct http_request *r);

#endif
