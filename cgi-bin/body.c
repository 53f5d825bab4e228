/* SPDX-License-Identifier: MIT */
/*
 * body: from bytes to a tree, from a tree to a handler's struct.
 */
#include "body.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "call.h"
#include "field_errors.h"
#include "outside/jscan.h"
#include "outside/jtree.h"
#include "rules/id.h"
#include "rules/valid.h"

/* ---- the text ---- */

bool body_is_blank(const struct call *c)
{
	const struct buf *body = &c->request->body;

	return body->len == strspn(body->data, " \t\r\n");
}

/* No type counts as JSON, because few clients set it by themselves; parameters
 * such as charset do not matter, because the text must be UTF-8 anyway. */
static bool is_json_type(const char *type)
{
	size_t len;

	if (!type || !*type)
		return true;
	len = strcspn(type, "; \t");
	return len == strlen("application/json") &&
	       strncasecmp(type, "application/json", len) == 0;
}

static enum err parse_body(struct call *c, const char *s, size_t len,
			   struct jtree **out)
{
	struct jscan_error error;
	struct jtree *v;

	if (!jscan_check(s, len, JSCAN_DEPTH_MAX, &error)) {
		response_problem(c->response, 400,
				 "The body is not JSON: line %u, column %u: "
				 "%s.",
				 error.line, error.column, error.text);
		return ERR_INVALID;
	}
	v = jtree_parse(s, len);
	if (!v) {
		response_problem(c->response, 400,
				 "The body cannot be read as JSON.");
		return ERR_INVALID;
	}
	*out = v;
	return ERR_OK;
}

static bool is_encoded(const struct request *r)
{
	const char *coding = r->header[REQUEST_CONTENT_ENCODING];

	return coding && *coding && r->body.len;
}

enum err body_parse(struct call *c, const char *blank, struct jtree **out)
{
	const struct buf *body = &c->request->body;
	const char *type = c->request->header[REQUEST_CONTENT_TYPE];

	if (is_encoded(c->request)) {
		response_problem(c->response, 415,
				 "The body must not have a Content-Encoding.");
		return ERR_INVALID;
	}
	if (blank && body_is_blank(c))
		return parse_body(c, blank, strlen(blank), out);
	if (!is_json_type(type)) {
		response_problem(c->response, 415,
				 "The body must be application/json.");
		return ERR_INVALID;
	}
	return parse_body(c, body->data, body->len, out);
}

/* ---- the members ---- */

static bool may_be(const struct body_schema *schema,
		   const struct body_member *m)
{
	return schema->change || m->use != BODY_CHANGE;
}

static bool is_known(const struct body_schema *schema, const char *name)
{
	for (size_t i = 0; i < schema->count; i++)
		if (may_be(schema, &schema->member[i]) &&
		    strcmp(schema->member[i].name, name) == 0)
			return true;
	return false;
}

static void report_unknown(struct field_errors *errors, const struct jtree *v,
			   const struct body_schema *schema)
{
	const struct jtree *value;
	const char *name;
	struct jtree_iter it;

	for (jtree_iter_init(&it, v); jtree_iter_next(&it, &name, &value);)
		if (!is_known(schema, name))
			field_errors_add(errors, name, "is an unknown member");
}

void body_read_object(struct field_errors *errors, const struct jtree *v,
		      const struct body_schema *schema, void *arg)
{
	if (!jtree_is_object(v)) {
		field_errors_add(errors, NULL, "must be an object");
		return;
	}
	for (size_t i = 0; i < schema->count; i++) {
		const struct body_member *m = &schema->member[i];
		const struct jtree *value = jtree_get(v, m->name);

		if (value && may_be(schema, m))
			m->read(errors, m->name, value, arg);
		else if (!value && m->use == BODY_REQUIRED && !schema->change)
			field_errors_add(errors, m->name, "is missing");
	}
	report_unknown(errors, v, schema);
	if (schema->check)
		schema->check(errors, arg);
}

enum err body_read(struct call *c, const struct body_schema *schema, void *arg)
{
	struct field_errors errors;
	struct jtree *body;
	enum err e = body_parse(c, "{}", &body);

	if (e)
		return e;
	field_errors_init(&errors, "");
	body_read_object(&errors, body, schema, arg);
	jtree_free(body);
	return field_errors_answer(&errors, c);
}

enum err body_read_nothing(struct call *c)
{
	static const struct body_schema nothing = {.count = 0};

	return body_read(c, &nothing, NULL);
}

/* ---- values ---- */

const char *body_string(struct field_errors *errors, const char *name,
			const struct jtree *v, size_t *len)
{
	const char *s = jtree_string(v, len);

	if (!s)
		field_errors_add(errors, name, "must be a string");
	return s;
}

void body_whole(struct field_errors *errors, const char *name,
		const struct jtree *v, unsigned min, unsigned max,
		unsigned *out)
{
	int64_t number;
	char why[80];

	if (jtree_whole(v, &number) && number >= min && number <= max) {
		*out = (unsigned)number;
		return;
	}
	snprintf(why, sizeof(why), "must be a whole number from %u to %u", min,
		 max);
	field_errors_add(errors, name, why);
}

void body_switch(struct field_errors *errors, const char *name,
		 const struct jtree *v, bool initial, bool *out)
{
	if (jtree_is_null(v))
		*out = initial;
	else if (jtree_is_bool(v))
		*out = jtree_bool(v);
	else
		field_errors_add(errors, name, "must be true or false");
}

void body_time(struct field_errors *errors, const char *name,
	       const struct jtree *v, int64_t *out)
{
	const char *s = jtree_string(v, NULL);

	if (!s || !text_time_parse(s, out))
		field_errors_add(
			errors, name,
			"must be a time such as 2021-05-27T08:03:53.775Z");
}

bool body_id(struct field_errors *errors, const char *name,
	     const struct jtree *v, struct id *out)
{
	size_t len;
	const char *s = jtree_string(v, &len);
	bool ok = s && id_parse(s, len, out);

	if (!ok)
		field_errors_add(errors, name, "must be 24 hex digits");
	return ok;
}

const char *body_valid(struct field_errors *errors, const char *name,
		       const struct jtree *v,
		       const char *(*check)(const char *s, size_t len),
		       struct arena *arena)
{
	size_t len;
	const char *s = body_string(errors, name, v, &len);
	const char *why = s ? check(s, len) : NULL;

	if (why)
		field_errors_add(errors, name, why);
	return s && !why ? arena_strdup(arena, s) : NULL;
}

const char *body_description(struct field_errors *errors, const char *name,
			     const struct jtree *v, struct arena *arena)
{
	const char *s = NULL;

	if (!jtree_is_null(v))
		s = body_valid(errors, name, v, valid_description, arena);
	return s ? s : "";
}

bool body_is_id(const struct jtree *v, const struct id *want)
{
	struct id id;
	size_t len;
	const char *s = jtree_string(v, &len);

	return s && id_parse(s, len, &id) && id_equal(&id, want);
}
