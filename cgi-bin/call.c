/* SPDX-License-Identifier: MIT */
/*
 * call: the parts that handlers share.
 */
#include "call.h"

#include <string.h>

#include "base/text.h"
#include "etag.h"
#include "outside/crypt.h"
#include "store/store_hook.h"

enum { TAG_BYTES = 8 };

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
	return c->key.role == ROLE_MANAGE || c->key.role == ROLE_ADMIN;
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

enum err call_hook(struct call *c, struct store_hook *out)
{
	struct id id;
	enum err e = call_id(c, 0, &id);

	return e ? e
		 : store_hook_get(c->store, c->arena, &c->key.org.id, &id, out);
}

const char *call_scope(struct call *c)
{
	char id[ID_TEXT_SIZE];

	if (c->key.role != ROLE_ADMIN)
		return "";
	id_format(id, &c->key.org.id);
	return arena_printf(c->arena, "&organization=%s", id);
}

static bool is_reading(const struct request *r)
{
	return strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0;
}

void call_tag(struct call *c, const char *first)
{
	const char *list = c->request->header[REQUEST_IF_NONE_MATCH], *tag;
	struct response *r = c->response;
	unsigned char hash[CRYPT_HASH_SIZE];
	char text[2 * TAG_BYTES + 1];

	crypt_sha256(hash, r->body.data, r->body.len);
	text_hex(text, hash, TAG_BYTES);
	tag = arena_printf(c->arena, "\"%s%s\"", first, text);
	if (list && is_reading(c->request) &&
	    etag_listed(list, tag, ETAG_WHOLE))
		response_empty(r, 304);
	response_header(r, "ETag", "%s", tag);
	r->cache = "private, no-cache";
}
