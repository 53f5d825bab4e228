/* SPDX-License-Identifier: MIT */
/*
 * api_openapi: /v2/openapi.yaml and /v2/openapi.json, with the path of this
 * service.
 */
#include "api.h"
#include "call.h"
#include "openapi_text.h"

static enum err answer_document(struct call *c, enum openapi_form form,
				const char *type)
{
	const struct openapi_text *t = &openapi_texts[form];
	const char *base = c->conf->api.base_path;
	struct response *r = c->response;

	buf_puts(&r->body, t->before);
	buf_puts(&r->body, *base ? base : "/");
	buf_puts(&r->body, t->after);
	r->status = 200;
	r->type = type;
	call_tag(c, "");
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
