/* SPDX-License-Identifier: MIT */
/*
 * api_publish: POST /v2/notifications, one or many at once.
 *
 * json-c reads the members; `resource` is taken as a span of the body, so that
 * it is delivered byte for byte.
 */
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "base/text.h"
#include "body.h"
#include "call.h"
#include "deliver/intake.h"
#include "field_errors.h"
#include "hops.h"
#include "outside/jscan.h"
#include "outside/jtree.h"
#include "publish_room.h"
#include "rules/publishable.h"
#include "rules/valid.h"
#include "store/store_action.h"
#include "store/store_publish.h"
#include "store/view.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Faults for which the nearest name is looked for. */
enum { HINTS_MAX = 10 };

/* ---- one notification ---- */

struct item {
	struct call *call;
	const char *text; /* its place in the body */
	size_t len;
	struct store_publication *out;
};

static void read_item_action(struct field_errors *errors, const char *name,
			     const struct jtree *v, void *arg)
{
	struct item *t = arg;
	const char *s = body_string(errors, name, v, NULL);
	const char *why = s ? publishable_action(s) : NULL;

	if (why)
		field_errors_add(errors, name, why);
	else if (s)
		t->out->action = arena_strdup(t->call->arena, s);
}

static void read_item_resource(struct field_errors *errors, const char *name,
			       const struct jtree *v, void *arg)
{
	struct item *t = arg;
	size_t start, n;

	if (!jtree_is_object(v)) {
		field_errors_add(errors, name, "must be an object");
	} else if (jscan_member(t->text, t->len, name, &start, &n)) {
		t->out->resource = t->text + start;
		t->out->resource_len = n;
	}
}

static void read_item_user(struct field_errors *errors, const char *name,
			   const struct jtree *v, void *arg)
{
	struct item *t = arg;

	if (!jtree_is_null(v))
		t->out->user =
			body_valid(errors, name, v, valid_user, t->call->arena);
}

static void read_item_time(struct field_errors *errors, const char *name,
			   const struct jtree *v, const struct item *t,
			   int64_t *out)
{
	const char *why;
	int64_t at = TIME_NONE;

	if (jtree_is_null(v))
		return;
	body_time(errors, name, v, &at);
	why = at == TIME_NONE ? NULL : publishable_time(at, t->call->key.now);
	if (why)
		field_errors_add(errors, name, why);
	else
		*out = at;
}

static void read_item_occurred(struct field_errors *errors, const char *name,
			       const struct jtree *v, void *arg)
{
	struct item *t = arg;

	read_item_time(errors, name, v, t, &t->out->occurred_at);
}

static void read_item_deliver(struct field_errors *errors, const char *name,
			      const struct jtree *v, void *arg)
{
	struct item *t = arg;

	read_item_time(errors, name, v, t, &t->out->deliver_at);
}

static void read_item_expires(struct field_errors *errors, const char *name,
			      const struct jtree *v, void *arg)
{
	struct item *t = arg;

	read_item_time(errors, name, v, t, &t->out->expires_at);
}

static void read_item_replace_key(struct field_errors *errors, const char *name,
				  const struct jtree *v, void *arg)
{
	struct item *t = arg;

	if (!jtree_is_null(v))
		t->out->replace_key = body_valid(
			errors, name, v, valid_replace_key, t->call->arena);
}

static void read_item_organization(struct field_errors *errors,
				   const char *name, const struct jtree *v,
				   void *arg)
{
	const struct item *t = arg;

	if (!body_is_id(v, &t->call->key.org.id))
		field_errors_add(errors, name, "is not the one of the API key");
}

static const struct body_member members[] = {
	{"action", read_item_action, BODY_REQUIRED},
	{"resource", read_item_resource, BODY_REQUIRED},
	{"user", read_item_user, BODY_OPTIONAL},
	{"occurred_at", read_item_occurred, BODY_OPTIONAL},
	{"deliver_at", read_item_deliver, BODY_OPTIONAL},
	{"expires_at", read_item_expires, BODY_OPTIONAL},
	{"replace_key", read_item_replace_key, BODY_OPTIONAL},
	{"organization", read_item_organization, BODY_OPTIONAL},
};

static void check_item(struct field_errors *errors, void *arg)
{
	const struct item *t = arg;
	const struct store_publication *p = t->out;
	const char *why =
		p->expires_at == TIME_NONE
			? NULL
			: publishable_end(p->expires_at, p->deliver_at,
					  t->call->key.now);

	if (why)
		field_errors_add(errors, "expires_at", why);
}

static const struct body_schema notification = {
	.member = members, .count = COUNT(members), .check = check_item};

/* ---- the body ---- */

struct reading {
	struct call *call;
	struct field_errors errors;
	struct store_publication *items;
	size_t count;
	bool array;
	bool only_unlisted; /* nothing else is wrong with it */
};

static void read_item(struct reading *r, size_t i, const struct jtree *v,
		      const char *text, size_t len)
{
	struct item item = {r->call, text, len, &r->items[i]};

	body_read_object(&r->errors, v, &notification, &item);
}

static void make_items(struct reading *r, size_t count)
{
	r->count = count;
	r->items = arena_zalloc(r->call->arena, count * sizeof(*r->items));
	for (size_t i = 0; i < count; i++)
		r->items[i] = STORE_PUBLICATION_NONE;
}

static void read_array(struct reading *r, const struct jtree *v,
		       const char *text, size_t len)
{
	size_t pos = 0, start, n, count = jtree_count(v);

	if (count < 1 || count > STORE_PUBLISH_MAX) {
		field_errors_add(&r->errors, NULL,
				 "must contain 1 to 1000 notifications");
		return;
	}
	make_items(r, count);
	for (size_t i = 0; jscan_next(text, len, &pos, &start, &n); i++) {
		r->errors.at = arena_printf(r->call->arena, "/%zu", i);
		read_item(r, i, jtree_at(v, i), text + start, n);
	}
}

/* ---- the catalogue ---- */

static enum err report_unlisted(struct reading *r, size_t i, bool hint)
{
	struct call *c = r->call;
	char why[ACTION_WHY_SIZE] = "is not in the catalogue";
	enum err e = ERR_OK;

	if (hint)
		e = store_action_unlisted(c->store, &c->key.org.id,
					  r->items[i].action, false, why);
	r->errors.at = r->array ? arena_printf(c->arena, "/%zu", i) : "";
	if (!e)
		field_errors_add(&r->errors, "action", why);
	return e;
}

static int by_action(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* The actions of the body, in order, each once; *arena*. */
static const char **list_actions(const struct reading *r, size_t *count)
{
	const char **names =
		arena_alloc(r->call->arena, (r->count + 1) * sizeof(*names));
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < r->count; i++)
		if (r->items[i].action)
			names[n++] = r->items[i].action;
	qsort(names, n, sizeof(*names), by_action);
	for (size_t i = 0; i < n; i++)
		if (!kept || strcmp(names[kept - 1], names[i]) != 0)
			names[kept++] = names[i];
	*count = kept;
	return names;
}

/* One statement, whatever the number of notifications. */
static enum err check_listed(struct reading *r)
{
	struct call *c = r->call;
	size_t n, faults = 0, others = r->errors.count + r->errors.left_out;
	const char **names = list_actions(r, &n);
	bool *listed = arena_alloc(c->arena, n + 1);
	enum err e =
		store_action_listed(c->store, &c->key.org.id, names, n, listed);

	for (size_t i = 0; !e && i < r->count; i++) {
		const char **at = NULL, *action = r->items[i].action;

		if (action)
			at = bsearch(&action, names, n, sizeof(*names),
				     by_action);
		if (at && !listed[at - names])
			e = report_unlisted(r, i, faults++ < HINTS_MAX);
	}
	r->only_unlisted = faults && !others;
	return e;
}

/* ---- reading ---- */

static enum err read_items(struct reading *r)
{
	const struct buf *body = &r->call->request->body;
	struct jtree *v;
	enum err e = body_parse(r->call, NULL, &v);

	if (e)
		return e;
	r->array = jtree_is_array(v);
	field_errors_init(&r->errors, "");
	if (r->array) {
		read_array(r, v, body->data, body->len);
	} else {
		make_items(r, 1);
		read_item(r, 0, v, body->data, body->len);
	}
	jtree_free(v);
	e = check_listed(r);
	if (e) {
		buf_release(&r->errors.list);
		return e;
	}
	return field_errors_answer(&r->errors, r->call);
}

static enum err read_idempotency_key(struct call *c, struct store_publish *p)
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

static struct jtree *show_one(const struct call *c,
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
	view_put_time(v, "occurred_at",
		      p->occurred_at == TIME_NONE ? created_at
						  : p->occurred_at);
	view_put_when(v, p->deliver_at, p->expires_at, p->replace_key);
	return v;
}

static struct jtree *show_all(const struct reading *r, const struct id *ids,
			      int64_t created_at)
{
	struct jtree *all;

	if (!r->array)
		return show_one(r->call, r->items, ids, created_at);
	all = jtree_array();
	for (size_t i = 0; i < r->count; i++)
		jtree_add(all,
			  show_one(r->call, &r->items[i], &ids[i], created_at));
	return all;
}

static bool replaces(const struct store_publish *p)
{
	size_t i = 0;

	while (i < p->count && !p->items[i].replace_key)
		i++;
	return i < p->count;
}

/* A repeated request gets the first answer again, even over the limit. */
static enum err refuse_more(struct call *c, const struct store_publish *p,
			    struct id *ids, int64_t *created_at,
			    void (*refuse)(struct call *c))
{
	enum err e = ERR_NOT_FOUND;

	if (p->idempotency_key)
		e = store_publish_recall(c->store, p, ids, created_at);
	if (e != ERR_NOT_FOUND)
		return e;
	refuse(c);
	return ERR_INVALID;
}

static enum err publish_if_room(struct call *c, const struct store_publish *p,
				struct id *ids, int64_t *created_at)
{
	void (*refuse)(struct call *);
	enum err e = publish_room(c, p, &refuse);

	if (e)
		return e;
	if (refuse)
		return refuse_more(c, p, ids, created_at, refuse);
	if (replaces(p))
		e = intake_settle(c->store, &p->organization,
				  p->count == 1 ? p->items->replace_key : NULL);
	if (!e)
		e = store_publish(c->store, p, ids, created_at);
	if (e)
		return e;
	publish_room_used(c, p);
	return ERR_OK;
}

/* A repeated request gets the first answer again, also when an action was
 * removed meanwhile. */
static enum err recall_unlisted(struct call *c, const struct reading *r,
				const struct store_publish *p, struct id *ids,
				int64_t *created_at)
{
	enum err e = ERR_NOT_FOUND;

	if (r->only_unlisted && p->idempotency_key)
		e = store_publish_recall(c->store, p, ids, created_at);
	return e == ERR_NOT_FOUND ? ERR_INVALID : e;
}

enum err api_publish(struct call *c)
{
	struct reading r = {.call = c};
	struct store_publish p = {.organization = c->key.org.id,
				  .now = c->key.now,
				  .keep = c->conf->retention.idempotency};
	int64_t created_at;
	struct id *ids;
	enum err e = hops_read(c, &p.hops);

	if (!e)
		e = read_idempotency_key(c, &p);
	if (e)
		return e;
	e = read_items(&r);
	p.items = r.items;
	p.count = r.count;
	ids = arena_alloc(c->arena, (r.count + 1) * sizeof(*ids));
	if (!e)
		e = publish_if_room(c, &p, ids, &created_at);
	else if (e == ERR_INVALID)
		e = recall_unlisted(c, &r, &p, ids, &created_at);
	if (e == ERR_CONFLICT) {
		response_problem(c->response, 409,
				 "This Idempotency-Key was used with another "
				 "body.");
		return ERR_INVALID;
	}
	if (!e)
		response_json(c->response, 202, show_all(&r, ids, created_at));
	return e;
}
