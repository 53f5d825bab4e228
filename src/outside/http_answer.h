/* SPDX-License-Identifier: MIT */
/*
 * http_answer: the part of an answer that is kept while it arrives, and where
 * reading it ends. Both functions are callbacks of libcurl; `arg` is the
 * request.
 */
#ifndef HOOKS_HTTP_ANSWER_H
#define HOOKS_HTTP_ANSWER_H

#include <stddef.h>

/* CURLOPT_HEADERFUNCTION: a line, the status line and the empty one too. */
size_t http_answer_header(char *line, size_t size, size_t count, void *arg);
/* CURLOPT_WRITEFUNCTION. */
size_t http_answer_body(char *p, size_t size, size_t count, void *arg);

#endif
