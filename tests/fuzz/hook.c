/* SPDX-License-Identifier: MIT */
/*
 * hook: the body of a request that creates a hook. A refusal is a problem
 * document with at least one pointer. An accepted hook keeps the rules of each
 * member, can be sent back as it is shown, with and without the values of its
 * headers, without a change, and its headers become lines of a request.
 */
#include "fuzz.h"

#include "call.h"
#include "deliver/lane.h"
#include "gateway.h"
#include "hook_form.h"
#include "outside/jscan.h"
#include "outside/jtree.h"
#include "rules/action.h"
#include "rules/sign.h"
#include "rules/valid.h"
#include "store/view.h"

enum { TEXT_MAX = 1024 * 1024 };

/* One call that gets as far as the form. */
struct desk {
	struct policy policy;
	struct arena arena;
	struct response response;
	struct call call;
};

static void desk_init(struct desk *d)
{
	memset(d, 0, sizeof(*d));
	arena_init(&d->arena);
	response_init(&d->response);
	d->call.policy = &d->policy;
	d->call.response = &d->response;
	d->call.arena = &d->arena;
}

static void desk_release(struct desk *d)
{
	response_release(&d->response);
	arena_release(&d->arena);
}

/* Nobody sends an answer here. */
void gateway_write(struct gateway *g, const void *p, size_t n)
{
	(void)g;
	(void)p;
	(void)n;
}

/* ---- refused ---- */

static void check_refusal(const struct response *r)
{
	struct jscan_error error;
	const struct jtree *errors;
	struct jtree *v;

	CHECK(r->status == 400);
	/* A name of a member may be anything but U+0000. */
	CHECK(jscan_check(r->body.data, r->body.len, JSCAN_DEPTH_MAX, &error));
	v = jtree_parse(r->body.data, r->body.len);
	errors = jtree_get(v, "errors");
	CHECK(jtree_count(errors));
	for (size_t i = 0; i < jtree_count(errors); i++) {
		const struct jtree *e = jtree_at(errors, i);
		const char *pointer =
			jtree_string(jtree_get(e, "pointer"), NULL);

		CHECK(pointer && (!*pointer || *pointer == '/'));
		CHECK(jtree_string(jtree_get(e, "detail"), NULL));
	}
	jtree_free(v);
}

/* ---- accepted ---- */

static void check_headers(const char *json)
{
	struct jscan_error error;
	const struct jtree *value;
	struct jtree_iter it;
	const char *name, *s;
	size_t count = 0, n;
	struct jtree *v;

	if (!json)
		return;
	CHECK(jscan_check(json, strlen(json), JSCAN_DEPTH_MAX, &error));
	v = jtree_parse(json, strlen(json));
	for (jtree_iter_init(&it, v); jtree_iter_next(&it, &name, &value);) {
		s = jtree_string(value, &n);
		CHECK(s && !valid_header_value(s, n));
		CHECK(!valid_header_name(name, strlen(name)));
		count++;
	}
	CHECK(count && count <= VALID_HEADERS_MAX);
	jtree_free(v);
}

/* As they go into a request. */
static void check_lines(char *json)
{
	struct store_lane row = {.lane = 1};
	struct store_lane_hook hook = {.headers = json};
	struct lane *lane = lane_new(&row, &hook, 0);

	CHECK(!json == !lane->facts.headers);
	for (const struct http_header *l = lane->facts.headers; l;
	     l = l->next) {
		const char *end = strpbrk(l->line, ":;");

		CHECK(end && end != l->line && !strpbrk(l->line, "\r\n"));
		CHECK(*end == ':' ? end[1] == ' ' && end[2] : !end[1]);
	}
	lane_free(lane);
}

/* A catalogue that has everything that is well formed. */
static enum err any_action(struct store *s, const struct id *org,
			   const char *name, char why[ACTION_WHY_SIZE])
{
	(void)s;
	(void)org;
	snprintf(why, ACTION_WHY_SIZE, "%s",
		 action_hookable(name) ? "" : "is not one");
	return ERR_OK;
}

static void check_members(struct desk *d, const struct hook_form *form)
{
	const struct store_hook *h = &form->hook;
	struct sign_key key;
	char why[300];

	CHECK(target_url_check(h->target_url, strlen(h->target_url),
			       &d->policy.target, why, sizeof(why)));
	CHECK(action_always_hookable(h->action) || action_wildcard(h->action) ||
	      !action_name_check(h->action));
	CHECK(!valid_description(h->description, strlen(h->description)));
	CHECK(h->batch_size >= 1 && h->batch_size <= STORE_HOOK_BATCH_MAX);
	CHECK(h->rate_limit <= STORE_HOOK_RATE_MAX && h->enabled);
	CHECK(!form->secret ||
	      sign_key_parse(form->secret, strlen(form->secret), &key));
	check_headers(h->headers);
	check_lines(h->headers ? arena_strdup(d->call.arena, h->headers)
			       : NULL);
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void check_unchanged(const struct store_hook *a,
			    const struct store_hook *b)
{
	CHECK(same(a->target_url, b->target_url));
	CHECK(same(a->action, b->action));
	CHECK(same(a->description, b->description));
	CHECK(same(a->headers, b->headers));
	CHECK(!a->user == !b->user);
	CHECK(!a->user || strcmp(a->user, b->user) == 0);
	CHECK(a->batch_size == b->batch_size && a->ordered == b->ordered);
	CHECK(a->rate_limit == b->rate_limit && a->enabled == b->enabled);
}

static void check_sent_back(struct desk *d, const struct store_hook *hook,
			    bool open)
{
	struct jtree *shown = view_hook(hook, open), *body;
	struct hook_form again;
	struct buf b;

	buf_init(&b, TEXT_MAX);
	jtree_write(&b, shown);
	body = jtree_parse(b.data, b.len);
	CHECK(hook_form_read(&d->call, body, hook, any_action, &again) ==
	      ERR_OK);
	CHECK(!again.secret);
	check_unchanged(hook, &again.hook);
	jtree_free(body);
	jtree_free(shown);
	buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	struct jscan_error error;
	struct hook_form form;
	struct desk d;
	struct jtree *body;

	if (!jscan_check(s, size, JSCAN_DEPTH_MAX, &error))
		return 0;
	body = jtree_parse(s, size);
	desk_init(&d);
	if (hook_form_read(&d.call, body, NULL, any_action, &form)) {
		check_refusal(&d.response);
	} else {
		check_members(&d, &form);
		check_sent_back(&d, &form.hook, true);
		check_sent_back(&d, &form.hook, false);
	}
	jtree_free(body);
	desk_release(&d);
	return 0;
}
