/* SPDX-License-Identifier: MIT */
/*
 * api_openapi: /v2/openapi.yaml and /v2/openapi.json, with the path that the
 * service has here.
 */
#include <string.h>

#include "api.h"
#include "base/text.h"
#include "call.h"
#include "openapi_text.h"
#include "outside/crypt.h"

enum { TAG_BYTES = 8, TAG_SIZE = 2 * TAG_BYTES + 3 };

/* It changes with a new version, or another base_path: asked for again after
 * an hour, mostly answered with 304. */
static const char cache[] = "public, max-age=3600";

static void make_tag(char tag[TAG_SIZE], const struct buf *body)
{
	unsigned char hash[CRYPT_HASH_SIZE];

	crypt_sha256(hash, body->data, body->len);
	tag[0] = '"';
	text_hex(tag + 1, hash, TAG_BYTES);
	memcpy(tag + 1 + 2 * TAG_BYTES, "\"", 2);
}

static enum err answer_document(struct call *c, enum openapi_form form,
				const char *type)
{
	const struct openapi_text *t = &openapi_texts[form];
	const char *base = c->conf->api.base_path;
	struct response *r = c->response;
	char tag[TAG_SIZE];

	buf_puts(&r->body, t->before);
	buf_puts(&r->body, *base ? base : "/");
	buf_puts(&r->body, t->after);
	r->status = 200;
	r->type = type;
	make_tag(tag, &r->body);
	if (call_has_tag(c, tag))
		response_empty(r, 304);
	r->cache = cache;
	response_header(r, "ETag", "%s", tag);
	return ERR_OK;
}

enum err api_openapi_yaml(struct call *c)
{
	return answer_document(c, OPENAPI_YAML, "application/yaml");
}

enum err api_openapi_json(struct call *c)
{
	return answer_document(c, OPENAPI_JSON, "application/json");
}
