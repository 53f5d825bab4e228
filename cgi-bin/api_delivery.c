/* SPDX-License-Identifier: MIT */
/*
 * api_delivery: /v2/deliveries: reading them, and sending one again.
 */
#include "api.h"
#include "base/text.h"
#include "body.h"
#include "call.h"
#include "listing.h"
#include "outside/jtree.h"
#include "store/store_delivery.h"
#include "store/store_redeliver.h"
#include "store/store_webhook.h"
#include "store/view.h"

/* ---- reading ---- */

enum err api_delivery_list(struct call *c)
{
	struct store_delivery *list;
	struct listing l;
	size_t n;
	struct store_more more;
	enum err e = listing_read(c, store_delivery_state, &l);

	if (!e)
		e = listing_status(c, &l.filter);
	if (!e)
		e = listing_id(c, "hook", &l.hook, &l.filter.hook);
	if (!e)
		e = listing_id(c, "notification", &l.notification,
			       &l.filter.notification);
	if (!e)
		e = store_delivery_list(c->store, c->arena, &c->key.org.id,
					&l.filter, &list, &n, &more);
	if (e)
		return e;
	response_json(c->response, 200, view_deliveries(list, n));
	if (more.more)
		listing_link_next(c, "/v2/deliveries", &more.after);
	return ERR_OK;
}

static enum err read_before(struct call *c, unsigned *out)
{
	const char *text = request_param(c->request, "before");
	uint64_t n = STORE_ATTEMPT_END;

	if (text && (!text_uint(text, STORE_ATTEMPT_END, &n) || n == 0)) {
		response_problem(c->response, 400,
				 "before must be the number of an attempt.");
		return ERR_INVALID;
	}
	*out = (unsigned)n;
	return ERR_OK;
}

static void link_before(struct call *c, const struct id *delivery,
			unsigned first)
{
	char id[ID_TEXT_SIZE];

	id_format(id, delivery);
	response_header(c->response, "Link",
			"<%s/v2/deliveries/%s?before=%u%s>; rel=\"next\"",
			c->conf->api.base_path, id, first, call_scope(c));
}

enum err api_delivery_get(struct call *c)
{
	struct store_delivery d;
	struct store_attempt *list;
	unsigned first, before;
	struct jtree *v;
	struct id id;
	bool more;
	size_t n;
	enum err e = store_webhook_find(c->store, c->arg[0], &id);

	if (!e)
		e = read_before(c, &before);
	if (!e)
		e = store_delivery_get(c->store, c->arena, &c->key.org.id, &id,
				       &d);
	if (!e)
		e = store_delivery_newest(c->store, d.key, before, &first,
					  &more);
	if (!e)
		e = store_delivery_attempts(c->store, c->arena, d.key, first,
					    before, &list, &n);
	if (e)
		return e;
	v = view_delivery(&d);
	jtree_put(v, "attempts", view_attempts(list, n));
	response_json(c->response, 200, v);
	if (more)
		link_before(c, &id, first);
	return ERR_OK;
}

/* ---- sending again ---- */

enum err api_delivery_accepted(struct call *c, const struct id *id)
{
	struct store_delivery d;
	enum err e =
		store_delivery_get(c->store, c->arena, &c->key.org.id, id, &d);

	if (!e)
		response_json(c->response, 202, view_delivery(&d));
	return e;
}

static enum err refuse_redelivery(struct call *c,
				  const struct store_redeliver_refusal *r)
{
	static const char *const why[] = {
		[STORE_REDELIVER_DELETED] =
			"The hook of this delivery was deleted.",
		[STORE_REDELIVER_DISABLED] =
			"The hook of this delivery is disabled: enable it, and "
			"all that it holds goes.",
		[STORE_REDELIVER_EXPIRED] =
			"The expires_at of its notification is past.",
		[STORE_REDELIVER_ERASED] =
			"The user whom this delivery concerned was erased: it "
			"has no body any more.",
		[STORE_REDELIVER_TOO_OFTEN] =
			"This delivery was tried too often to be tried again.",
	};
	char first[ID_TEXT_SIZE];

	if (r->why == STORE_REDELIVER_ORDER) {
		id_format(first, &r->first);
		response_problem(c->response, 409,
				 "The hook has its deliveries in order, and "
				 "delivery %s comes first.",
				 first);
	} else {
		response_problem(c->response, 409, "%s", why[r->why]);
	}
	return ERR_INVALID;
}

enum err api_delivery_redeliver(struct call *c)
{
	struct store_redeliver_refusal refusal;
	struct id id;
	enum err e = store_webhook_find(c->store, c->arg[0], &id);

	if (!e)
		e = body_read_nothing(c);
	if (!e)
		e = store_redeliver(c->store, &c->key.org.id, &id, &refusal);
	if (e == ERR_CONFLICT)
		return refuse_redelivery(c, &refusal);
	return e ? e : api_delivery_accepted(c, &id);
}
