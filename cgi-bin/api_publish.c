/* SPDX-License-Identifier: MIT */
/*
 * api_publish: POST /v2/notifications, one or many at once.
 *
 * json-c reads the members; `resource` is taken as the span of the body
 * where it stands, so that it travels byte for byte.
 */
#include <string.h>

#include "api.h"
#include "call.h"
#include "field_errors.h"
#include "outside/jscan.h"
#include "outside/jtree.h"
#include "rules/publishable.h"
#include "rules/valid.h"
#include "store/store_due.h"
#include "store/store_publish.h"
#include "store/view.h"

enum { RETRY_S = 30 }; /* until some of what waits may be delivered */

struct reading {
	struct call *call;
	struct field_errors errors;
	struct store_publication *items;
	size_t count;
	bool array;
};

/* ---- one notification ---- */

static void read_action(struct reading *r, const struct jtree *v,
			struct store_publication *out)
{
	const char *s = jtree_string(v, NULL);
	const char *why = !v   ? "is missing"
			  : !s ? "must be a string"
			       : publishable_action(s);

	if (why)
		field_errors_add(&r->errors, "action", why);
	else
		out->action = arena_strdup(r->call->arena, s);
}

static void read_resource(struct reading *r, const char *text, size_t len,
			  struct store_publication *out)
{
	size_t start, n;

	if (!jscan_member(text, len, "resource", &start, &n)) {
		field_errors_add(&r->errors, "resource", "is missing");
	} else if (jscan_type(text + start, n) != JSCAN_OBJECT) {
		field_errors_add(&r->errors, "resource", "must be an object");
	} else {
		out->resource = text + start;
		out->resource_len = n;
	}
}

static void read_user(struct reading *r, const struct jtree *v,
		      struct store_publication *out)
{
	char text[ID_TEXT_SIZE];
	struct id id;
	const char *s;
	size_t len;

	if (!v || jtree_is_null(v))
		return;
	s = jtree_string(v, &len);
	if (!s || !id_parse(s, len, &id)) {
		field_errors_add(&r->errors, "user", "must be 24 hex digits");
		return;
	}
	id_format(text, &id);
	out->user = arena_strdup(r->call->arena, text);
}

static void check_organization(struct reading *r, const struct jtree *v)
{
	struct id id;
	size_t len;
	const char *s = jtree_string(v, &len);

	if (v && (!s || !id_parse(s, len, &id) ||
		  !id_equal(&id, &r->call->key.org.id)))
		field_errors_add(&r->errors, "organization",
				 "is another one than the API key's");
}

static void check_names(struct reading *r, const struct jtree *object)
{
	static const char *const known[] = {"action", "resource", "user",
					    "organization"};
	const struct jtree *v;
	const char *name;
	struct jtree_iter it;

	for (jtree_iter_init(&it, object); jtree_iter_next(&it, &name, &v);) {
		bool found = false;

		for (size_t i = 0; i < 4; i++)
			found = found || strcmp(name, known[i]) == 0;
		if (!found)
			field_errors_add(&r->errors, name, "is not known here");
	}
}

static void read_one(struct reading *r, const struct jtree *v, const char *text,
		     size_t len, struct store_publication *out)
{
	if (!jtree_is_object(v)) {
		field_errors_add(&r->errors, NULL, "must be an object");
		return;
	}
	read_action(r, jtree_get(v, "action"), out);
	read_resource(r, text, len, out);
	read_user(r, jtree_get(v, "user"), out);
	check_organization(r, jtree_get(v, "organization"));
	check_names(r, v);
}

/* ---- the body ---- */

static void read_array(struct reading *r, const struct jtree *v,
		       const char *text, size_t len)
{
	size_t pos = 0, start, n, i = 0;

	r->count = jtree_count(v);
	if (r->count < 1 || r->count > STORE_PUBLISH_MAX) {
		field_errors_add(&r->errors, NULL,
				 "must hold 1 to 1000 notifications");
		return;
	}
	r->items = arena_zalloc(r->call->arena, r->count * sizeof(*r->items));
	for (; jscan_next(text, len, &pos, &start, &n); i++) {
		r->errors.at = arena_printf(r->call->arena, "/%zu", i);
		read_one(r, jtree_at(v, i), text + start, n, &r->items[i]);
	}
}

static enum err read_body(struct reading *r)
{
	const struct buf *body = &r->call->request->body;
	struct jtree *v;
	enum err e = call_json(r->call, NULL, &v);

	if (e)
		return e;
	r->array = jtree_is_array(v);
	field_errors_init(&r->errors, "");
	if (r->array) {
		read_array(r, v, body->data, body->len);
	} else {
		r->count = 1;
		r->items = arena_zalloc(r->call->arena, sizeof(*r->items));
		read_one(r, v, body->data, body->len, r->items);
	}
	jtree_free(v);
	return field_errors_answer(&r->errors, r->call);
}

static enum err read_key(struct call *c, struct store_publish *p)
{
	const char *key = c->request->header[REQUEST_IDEMPOTENCY_KEY];
	const char *why = key ? valid_idempotency_key(key, strlen(key)) : NULL;

	if (why) {
		response_problem(c->response, 400, "Idempotency-Key %s.", why);
		return ERR_INVALID;
	}
	p->idempotency_key = key;
	if (key)
		crypt_sha256(p->body_hash, c->request->body.data,
			     c->request->body.len);
	return ERR_OK;
}

/* ---- the answer ---- */

static struct jtree *view(const struct call *c,
			  const struct store_publication *p,
			  const struct id *id, int64_t created_at)
{
	struct jtree *v = jtree_object();

	view_put_id(v, "_id", id);
	jtree_put_string(v, "action", p->action);
	view_put_id(v, "organization", &c->key.org.id);
	if (p->user)
		jtree_put_string(v, "user", p->user);
	view_put_time(v, "createdAt", created_at);
	return v;
}

static struct jtree *view_all(const struct reading *r, const struct id *ids,
			      int64_t created_at)
{
	struct jtree *all;

	if (!r->array)
		return view(r->call, r->items, ids, created_at);
	all = jtree_array();
	for (size_t i = 0; i < r->count; i++)
		jtree_add(all,
			  view(r->call, &r->items[i], &ids[i], created_at));
	return all;
}

/* What was answered before is answered again, whatever waits by now. */
static enum err refuse_more(struct call *c, const struct store_publish *p,
			    struct id *ids, int64_t *created_at)
{
	enum err e = ERR_NOT_FOUND;

	if (p->idempotency_key)
		e = store_publish_recall(c->store, p, ids, created_at);
	if (e != ERR_NOT_FOUND)
		return e;
	response_problem(c->response, 429,
			 "%llu deliveries of the organization are waiting, "
			 "which is the limit; try again later.",
			 (unsigned long long)c->conf->api.max_due);
	response_header(c->response, "Retry-After", "%d", RETRY_S);
	return ERR_INVALID;
}

static enum err publish(struct call *c, const struct store_publish *p,
			struct id *ids, int64_t *created_at)
{
	uint64_t room;
	enum err e = store_due_room(c->store, &p->organization,
				    STORE_DUE_PUBLISHER, p->count, &room);

	if (e)
		return e;
	if (room < p->count)
		return refuse_more(c, p, ids, created_at);
	e = store_publish(c->store, p, ids, created_at);
	if (!e)
		store_due_added(c->store, &p->organization, p->count);
	return e;
}

enum err api_publish(struct call *c)
{
	struct reading r = {.call = c};
	struct store_publish p = {.organization = c->key.org.id,
				  .now = c->key.now,
				  .keep = c->conf->retention.idempotency};
	int64_t created_at;
	struct id *ids;
	enum err e = read_key(c, &p);

	if (!e)
		e = read_body(&r);
	if (e)
		return e;
	p.items = r.items;
	p.count = r.count;
	ids = arena_alloc(c->arena, r.count * sizeof(*ids));
	e = publish(c, &p, ids, &created_at);
	if (e == ERR_CONFLICT) {
		response_problem(c->response, 409,
				 "This Idempotency-Key was used with another "
				 "body.");
		return ERR_INVALID;
	}
	if (!e)
		response_json(c->response, 202, view_all(&r, ids, created_at));
	return e;
}
