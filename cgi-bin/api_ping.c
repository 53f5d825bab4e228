/* SPDX-License-Identifier: MIT */
/*
 * api_ping: POST /v2/hooks/:id/ping makes a test delivery, whose resource is
 * the hook, as in hook.disabled.
 */
#include "api.h"
#include "base/buf.h"
#include "body.h"
#include "call.h"
#include "outside/jtree.h"
#include "store/store_hook.h"
#include "store/store_ping.h"
#include "store/view.h"

enum { RESOURCE_MAX = 1024 * 1024 };

static enum err send_ping(struct call *c, const struct store_hook *hook,
			  struct id *delivery)
{
	struct jtree *view = view_hook(hook, false);
	struct buf text;
	enum err e;

	buf_init(&text, RESOURCE_MAX);
	jtree_write(&text, view);
	jtree_free(view);
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

enum err api_ping(struct call *c)
{
	struct store_hook hook;
	struct id delivery;
	enum err e = body_read_nothing(c);

	if (!e)
		e = call_hook(c, &hook);
	if (!e)
		e = send_ping(c, &hook, &delivery);
	return e ? e : api_delivery_accepted(c, &delivery);
}
