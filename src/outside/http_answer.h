/* SPDX-License-Identifier: MIT */
/*
 * http_answer: the part of an answer that is kept while it arrives, and where
 * reading it ends. The first two functions are callbacks of libcurl; `arg` is
 * the request.
 */
#ifndef HOOKS_HTTP_ANSWER_H
#define HOOKS_HTTP_ANSWER_H

#include <stddef.h>

struct http_request;

/* CURLOPT_HEADERFUNCTION: a line, the status line and the empty one too. */
size_t http_answer_header(char *line, size_t size, size_t count, void *arg);
/* CURLOPT_WRITEFUNCTION. */
size_t http_answer_body(char *p, size_t size, size_t count, void *arg);

/* After the last byte: drops what is not to be kept, and notes that. Of a 2xx
 * answer `delivered_limit` bytes are kept, of headers half of them at most. */
void http_answer_end(struct http_request *r, size_t delivered_limit);

#endif
