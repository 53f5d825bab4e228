/* SPDX-License-Identifier: MIT */
/*
 * call: what handlers share.
 */
#include "call.h"

#include <string.h>

#include "base/text.h"
#include "etag.h"

enum { LIMIT_MAX = 1000 };

void call_fail(struct call *c, enum err e)
{
	struct response *r = c->response;

	switch (e) {
	case ERR_INVALID:
		if (r->status < 400)
			response_problem(r, 400, "The request is not valid.");
		return;
	case ERR_NOT_FOUND:
		response_problem(r, 404, "There is nothing at this address.");
		return;
	case ERR_TEMP:
	case ERR_CONFIG:
		response_problem(r, 503,
				 "The service cannot reach its database or is "
				 "being set up; try again.");
		buf_clear(&r->head);
		response_header(r, "Retry-After", "%d", RESPONSE_RETRY_S);
		return;
	default:
		response_problem(r, 500,
				 "Something went wrong here; it was "
				 "logged.");
	}
}

bool call_open(const struct call *c)
{
	return c->key.role == ROLE_MANAGE;
}

/* ---- parts of the address ---- */

enum err call_parse_id(const char *text, struct id *out)
{
	return id_parse(text, strlen(text), out) ? ERR_OK : ERR_NOT_FOUND;
}

enum err call_id(const struct call *c, size_t arg, struct id *out)
{
	return call_parse_id(c->arg[arg], out);
}

enum err call_after(const struct call *c, struct id *room,
		    const struct id **out)
{
	const char *text = request_param(c->request, "after");
	enum err e = text ? call_parse_id(text, room) : ERR_OK;

	if (!e)
		*out = text ? room : NULL;
	return e;
}

enum err call_limit(struct call *c, size_t initial, size_t *out)
{
	const char *text = request_param(c->request, "limit");
	uint64_t n = initial;

	if (text && (!text_uint(text, LIMIT_MAX, &n) || n == 0)) {
		response_problem(c->response, 400,
				 "limit is a number from 1 to %d.", LIMIT_MAX);
		return ERR_INVALID;
	}
	*out = n;
	return ERR_OK;
}

static void add_encoded(struct buf *b, const char *s)
{
	for (; *s; s++) {
		unsigned char ch = (unsigned char)*s;
		bool plain = (ch >= '0' && ch <= '9') ||
			     (ch >= 'A' && ch <= 'Z') ||
			     (ch >= 'a' && ch <= 'z') || strchr("-._~", ch);

		if (plain)
			buf_putc(b, *s);
		else
			buf_printf(b, "%%%02X", ch);
	}
}

/* The key is left out: answers are kept in more places than requests. */
void call_link_next(struct call *c, const char *path, const struct id *after)
{
	const struct request *r = c->request;
	char id[ID_TEXT_SIZE];
	struct buf b;

	buf_init(&b, 3800);
	id_format(id, after);
	buf_printf(&b, "%s%s?", c->conf->api.base_path, path);
	for (size_t i = 0; i < r->params; i++) {
		if (strcmp(r->param[i].name, "after") == 0 ||
		    strcmp(r->param[i].name, "api_key") == 0)
			continue;
		add_encoded(&b, r->param[i].name);
		buf_putc(&b, '=');
		add_encoded(&b, r->param[i].value);
		buf_putc(&b, '&');
	}
	buf_printf(&b, "after=%s", id);
	if (!b.overflow)
		response_header(c->response, "Link", "<%s>; rel=\"next\"",
				b.data);
	buf_release(&b);
}

bool call_has_tag(const struct call *c, const char *tag)
{
	const char *list = c->request->header[REQUEST_IF_NONE_MATCH];

	return list && etag_listed(list, tag, true);
}
