/* SPDX-License-Identifier: MIT */
/*
 * response: CGI's header lines and the problem document.
 */
#include "response.h"

#include <stdarg.h>
#include <stdio.h>

#include "gateway.h"
#include "outside/jtree.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { HEAD_MAX = 16 * 1024, BODY_MAX = 256 * 1024 * 1024 };

static const struct {
	unsigned status;
	const char *phrase; /* RFC 9110 */
} phrases[] = {
	{200, "OK"},
	{201, "Created"},
	{202, "Accepted"},
	{204, "No Content"},
	{304, "Not Modified"},
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{409, "Conflict"},
	{412, "Precondition Failed"},
	{413, "Content Too Large"},
	{415, "Unsupported Media Type"},
	{429, "Too Many Requests"},
	{500, "Internal Server Error"},
	{503, "Service Unavailable"},
	{508, "Loop Detected"}, /* RFC 5842 */
};

static const char *phrase(unsigned status)
{
	for (size_t i = 0; i < COUNT(phrases); i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	return "";
}

void response_init(struct response *r)
{
	*r = (struct response){.status = 0};
	buf_init(&r->head, HEAD_MAX);
	buf_init(&r->body, BODY_MAX);
}

void response_release(struct response *r)
{
	buf_release(&r->head);
	buf_release(&r->body);
}

void response_header(struct response *r, const char *name, const char *fmt, ...)
{
	char value[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	buf_printf(&r->head, "%s: %s\r\n", name, value);
}

void response_json(struct response *r, unsigned status, struct jtree *v)
{
	r->status = status;
	r->type = "application/json";
	buf_clear(&r->body);
	jtree_write(&r->body, v);
	jtree_free(v);
}

void response_empty(struct response *r, unsigned status)
{
	r->status = status;
	r->type = NULL;
	buf_clear(&r->body);
}

static struct jtree *problem(unsigned status, const char *detail)
{
	struct jtree *v = jtree_object();

	jtree_put_string(v, "type", "about:blank");
	jtree_put_string(v, "title", phrase(status));
	jtree_put_int(v, "status", status);
	jtree_put_string(v, "detail", detail);
	return v;
}

void response_problem(struct response *r, unsigned status, const char *fmt, ...)
{
	char detail[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	response_json(r, status, problem(status, detail));
	r->type = "application/problem+json";
}

void response_invalid(struct response *r, const char *detail,
		      const struct buf *errors)
{
	struct jtree *v = problem(400, detail);

	jtree_put_json(v, "errors", errors->data, errors->len);
	response_json(r, 400, v);
	r->type = "application/problem+json";
}

void response_send(const struct response *r, struct gateway *g, bool head)
{
	struct buf b;

	buf_init(&b, 2 * HEAD_MAX);
	buf_printf(&b, "Status: %u %s\r\n", r->status, phrase(r->status));
	buf_printf(&b, "Cache-Control: %s\r\n",
		   r->cache ? r->cache : "no-store");
	buf_puts(&b, "X-Content-Type-Options: nosniff\r\n");
	if (r->type)
		buf_printf(&b, "Content-Type: %s\r\nContent-Length: %zu\r\n",
			   r->type, r->body.len);
	buf_add(&b, r->head.data, r->head.len);
	buf_puts(&b, "\r\n");
	gateway_write(g, b.data, b.len);
	if (!head && r->type)
		gateway_write(g, r->body.data, r->body.len);
	buf_release(&b);
}
