/* SPDX-License-Identifier: MIT */
/*
 * http_answer: the lines and the bytes of an answer.
 */
#include "outside/http_answer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "base/mem.h"
#include "outside/http.h"
#include "outside/http_judge.h"

enum {
	/* Headers of one answer, in bytes: servers send 8 to 16 KiB at most;
	 * more than this is not an answer but an attack. */
	HEADERS_MAX = 64 * 1024,
	/* Answers of the kind 1xx before the real one: more are no courtesy. */
	INTERIM_MAX = 4
};

static char *header_value(const char *line, size_t n, const char *name)
{
	size_t len = strlen(name);
	char *value;

	if (n <= len || line[len] != ':' || strncasecmp(line, name, len) != 0)
		return NULL;
	line += len + 1;
	n -= len + 1;
	while (n && (*line == ' ' || *line == '\t')) {
		line++;
		n--;
	}
	while (n && strchr(" \t\r\n", line[n - 1]))
		n--;
	value = xmalloc(n + 1);
	memcpy(value, line, n);
	value[n] = '\0';
	return value;
}

static void keep_retry_after(struct http_request *r, char *value)
{
	free(r->retry_after);
	r->retry_after = value;
	r->attempt.retry_after = value;
}

/*
 * libcurl would unpack a compressed transfer coding although it has not asked
 * for one (no TE), and 100 kB become 100 MB of work. Of other codings, such as
 * the "identity" of old servers, it does not find the end. No body is read
 * then; the status stands before it.
 */
static bool coding_is_odd(const char *line, size_t n)
{
	char *value = header_value(line, n, "Transfer-Encoding");
	bool odd = value && strcasecmp(value, "chunked") != 0;

	free(value);
	return odd;
}

/* No answer can be trusted on a connection over which odd things come. */
static void new_answer(struct http_request *r)
{
	if (r->interim++ > INTERIM_MAX)
		curl_easy_setopt(r->easy, CURLOPT_FORBID_REUSE, 1L);
	buf_clear(&r->attempt.headers);
	keep_retry_after(r, NULL);
	r->odd_coding = false;
}

static void wait_for_body(struct http_request *r)
{
	struct http_bodies *b = r->bodies;

	r->body_until = clock_monotonic() + HTTP_ANSWER_BODY_MS;
	r->earlier = b->last;
	*(b->last ? &b->last->later : &b->first) = r;
	b->last = r;
}

void http_answer_forget(struct http_bodies *b, struct http_request *r)
{
	if (!r->body_until)
		return;
	*(r->earlier ? &r->earlier->later : &b->first) = r->later;
	*(r->later ? &r->later->earlier : &b->last) = r->earlier;
	r->earlier = r->later = NULL;
}

/* The empty line after the headers, or after those that follow chunks. False:
 * the bytes that follow are not read. */
static bool end_of_headers(struct http_request *r)
{
	unsigned status = http_judge_status(r);

	if (status >= 200 && status <= 299 && !r->body_until)
		wait_for_body(r);
	r->cut = r->odd_coding && status >= 200;
	return !r->cut;
}

size_t http_answer_header(char *line, size_t size, size_t count, void *arg)
{
	struct http_request *r = arg;
	size_t n = size * count;
	char *value;

	r->received += n;
	if (r->received > HEADERS_MAX)
		return CURL_WRITEFUNC_ERROR;
	if (n > 5 && memcmp(line, "HTTP/", 5) == 0)
		new_answer(r);
	buf_add_cut(&r->attempt.headers, line, n);
	r->odd_coding |= coding_is_odd(line, n);
	value = header_value(line, n, "Retry-After");
	if (value)
		keep_retry_after(r, value);
	if (*line == '\r' || *line == '\n')
		return end_of_headers(r) ? n : CURL_WRITEFUNC_ERROR;
	return n;
}

/* The status has decided already: bytes over the limit are not read. */
size_t http_answer_body(char *p, size_t size, size_t count, void *arg)
{
	struct http_request *r = arg;
	size_t n = size * count;

	buf_add_cut(&r->attempt.body, p, n);
	if (!r->attempt.body.overflow)
		return n;
	r->cut = true;
	return CURL_WRITEFUNC_ERROR;
}

static int64_t said_length(const struct http_request *r)
{
	curl_off_t length = -1;

	curl_easy_getinfo(r->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	return length;
}

void http_answer_end(struct http_request *r, size_t delivered_limit)
{
	struct attempt *a = &r->attempt;

	a->length = a->kept == ATTEMPT_OWN ? -1 : said_length(r);
	if (a->kept == ATTEMPT_OWN) {
		buf_release(&a->headers);
		buf_release(&a->body);
		return;
	}
	if (a->status / 100 == 2 && a->error == ATTEMPT_NONE)
		attempt_cut(a, delivered_limit);
	else if (a->headers.overflow || a->body.overflow)
		a->kept = ATTEMPT_CUT;
}
