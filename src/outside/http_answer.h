/* SPDX-License-Identifier: MIT */
/*
 * http_answer: the part of an answer that is kept while it arrives, and where
 * reading it ends. The first two functions are callbacks of libcurl; `arg` is
 * the request.
 */
#ifndef HOOKS_HTTP_ANSWER_H
#define HOOKS_HTTP_ANSWER_H

#include <stddef.h>
#include <stdint.h>

struct http_request;

/* Requests whose status has decided, while their bodies arrive, in the order in
 * which they began to. */
struct http_bodies {
	struct http_request *first, *last;
};

/* How long their bodies are waited for, ms: the receiver has confirmed the
 * request. */
enum { HTTP_ANSWER_BODY_MS = 1000 };

/* CURLOPT_HEADERFUNCTION: a line, the status line and the empty one too. */
size_t http_answer_header(char *line, size_t size, size_t count, void *arg);
/* CURLOPT_WRITEFUNCTION. */
size_t http_answer_body(char *p, size_t size, size_t count, void *arg);

/* After the last byte: drops parts that are not to be kept, and notes that. Of
 * a 2xx answer `delivered_limit` bytes are kept, of headers half of them at
 * most. */
void http_answer_end(struct http_request *r, size_t delivered_limit);

/* Removes it from the list, if it is there. */
void http_answer_forget(struct http_bodies *b, struct http_request *r);

#endif
