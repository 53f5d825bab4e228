/*
 * api_again: sending when somebody asks for it: pings.
 */
#include "api.h"
#include "buf.h"
#include "call.h"
#include "js.h"
#include "store_delivery.h"
#include "store_hook.h"
#include "store_ping.h"
#include "view.h"

enum { RESOURCE_MAX = 1024 * 1024 };

static enum err answer_delivery(struct call *c, const struct id *id)
{
	struct store_delivery d;
	enum err e =
		store_delivery_get(c->store, c->arena, &c->key.org.id, id, &d);

	if (!e)
		response_json(c->response, 202, view_delivery(&d));
	return e;
}

/* ---- a ping: its resource is the hook, as hook.disabled has it ---- */

static enum err ping(struct call *c, const struct store_hook *hook,
		     struct id *delivery)
{
	struct js *view = view_hook(hook, false);
	struct buf text;
	enum err e;

	buf_init(&text, RESOURCE_MAX);
	js_write(&text, view);
	js_free(view);
	e = store_ping(c->store, hook, text.data, text.len, delivery);
	buf_release(&text);
	if (e != ERR_LIMIT)
		return e;
	response_problem(c->response, 429,
			 "%d pings of this hook are waiting for a sender, "
			 "which is the limit.",
			 STORE_PINGS_MAX);
	response_header(c->response, "Retry-After", "%d", RESPONSE_RETRY_S);
	return ERR_INVALID;
}

enum err api_hook_ping(struct call *c)
{
	struct store_hook hook;
	struct id id, delivery;
	enum err e = call_id(c, 0, &id);

	if (!e)
		e = call_no_members(c);
	if (!e)
		e = store_hook_get(c->store, c->arena, &c->key.org.id, &id,
				   &hook);
	if (!e)
		e = ping(c, &hook, &delivery);
	return e ? e : answer_delivery(c, &delivery);
}
