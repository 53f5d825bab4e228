/* SPDX-License-Identifier: MIT */
/*
 * api_past: reading /v2/notifications and /v2/deliveries.
 */
#include "api.h"
#include "base/text.h"
#include "call.h"
#include "outside/jtree.h"
#include "store/store_delivery.h"
#include "store/store_notification.h"
#include "store/view.h"

enum { OF_ONE_MAX = 1000 }; /* deliveries that a notification comes with */

struct past {
	struct store_filter filter;
	struct id after, hook, notification;
};

/* ---- what a list is narrowed by ---- */

static const char *param_or_empty(const struct call *c, const char *name)
{
	const char *text = request_param(c->request, name);

	return text ? text : "";
}

static enum err read_time(struct call *c, const char *name, int64_t *out)
{
	const char *text = request_param(c->request, name);

	*out = TIME_NONE;
	if (!text || text_time_parse(text, out))
		return ERR_OK;
	response_problem(c->response, 400,
			 "%s is a time such as 2021-05-27T08:03:53.775Z.",
			 name);
	return ERR_INVALID;
}

static enum err read_state(struct call *c, bool (*known)(const char *state),
			   const char **out)
{
	const char *text = request_param(c->request, "state");

	if (text && !known(text)) {
		response_problem(c->response, 400, "There is no such state.");
		return ERR_INVALID;
	}
	*out = text ? text : "";
	return ERR_OK;
}

static enum err read_filter(struct call *c, bool (*known)(const char *state),
			    struct past *p)
{
	struct store_filter *f = &p->filter;
	enum err e;

	*p = (struct past){.filter.action = param_or_empty(c, "action")};
	e = call_limit(c, c->conf->api.page_size, &f->limit);
	if (!e)
		e = read_state(c, known, &f->state);
	if (!e)
		e = read_time(c, "since", &f->since);
	if (!e)
		e = read_time(c, "until", &f->until);
	return e ? e : call_after(c, &p->after, &f->after);
}

/* ---- notifications ---- */

enum err api_notification_list(struct call *c)
{
	struct store_notification *list;
	struct past p;
	struct jtree *all;
	size_t n;
	struct store_more more;
	enum err e = read_filter(c, store_notification_state, &p);

	if (!e)
		e = store_notification_list(c->store, c->arena, &c->key.org.id,
					    &p.filter, &list, &n, &more);
	if (e)
		return e;
	all = jtree_array();
	for (size_t i = 0; i < n; i++)
		jtree_add(all, view_notification(&list[i]));
	response_json(c->response, 200, all);
	if (more.more)
		call_link_next(c, "/v2/notifications", &more.after);
	return ERR_OK;
}

static struct jtree *view_deliveries(const struct store_delivery *list,
				     size_t n)
{
	struct jtree *all = jtree_array();

	for (size_t i = 0; i < n; i++)
		jtree_add(all, view_delivery(&list[i]));
	return all;
}

/* The rest of them is a list of its own. */
static void link_rest(struct call *c, const struct id *notification,
		      const struct id *after)
{
	char id[ID_TEXT_SIZE], last[ID_TEXT_SIZE];

	id_format(id, notification);
	id_format(last, after);
	response_header(c->response, "Link",
			"<%s/v2/deliveries?notification=%s&after=%s>; "
			"rel=\"next\"",
			c->conf->api.base_path, id, last);
}

enum err api_notification_get(struct call *c)
{
	struct store_notification n;
	struct store_delivery *list;
	struct store_more more;
	struct jtree *v;
	struct id id;
	size_t count;
	const struct store_filter filter = {
		.action = "",
		.state = "",
		.since = TIME_NONE,
		.until = TIME_NONE,
		.notification = &id,
		.limit = OF_ONE_MAX,
	};
	enum err e = call_id(c, 0, &id);

	if (!e)
		e = store_notification_get(c->store, c->arena, &c->key.org.id,
					   &id, &n);
	if (!e)
		e = store_delivery_list(c->store, c->arena, &c->key.org.id,
					&filter, &list, &count, &more);
	if (e)
		return e;
	v = view_notification(&n);
	jtree_put(v, "deliveries", view_deliveries(list, count));
	response_json(c->response, 200, v);
	if (more.more)
		link_rest(c, &id, &more.after);
	return ERR_OK;
}

/* ---- deliveries ---- */

/* ?hook= or ?notification=; ERR_NOT_FOUND for what is no id. */
static enum err read_id(struct call *c, const char *name, struct id *room,
			const struct id **out)
{
	const char *text = request_param(c->request, name);

	if (!text)
		return ERR_OK;
	*out = room;
	return call_parse_id(text, room);
}

enum err api_delivery_list(struct call *c)
{
	struct store_delivery *list;
	struct past p;
	size_t n;
	struct store_more more;
	enum err e = read_filter(c, store_delivery_state, &p);

	if (!e)
		e = read_id(c, "hook", &p.hook, &p.filter.hook);
	if (!e)
		e = read_id(c, "notification", &p.notification,
			    &p.filter.notification);
	if (!e)
		e = store_delivery_list(c->store, c->arena, &c->key.org.id,
					&p.filter, &list, &n, &more);
	if (e)
		return e;
	response_json(c->response, 200, view_deliveries(list, n));
	if (more.more)
		call_link_next(c, "/v2/deliveries", &more.after);
	return ERR_OK;
}

static enum err read_before(struct call *c, unsigned *out)
{
	const char *text = request_param(c->request, "before");
	uint64_t n = STORE_ATTEMPT_END;

	if (text && (!text_uint(text, STORE_ATTEMPT_END, &n) || n == 0)) {
		response_problem(c->response, 400,
				 "before is the number of an attempt.");
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
			"<%s/v2/deliveries/%s?before=%u>; rel=\"next\"",
			c->conf->api.base_path, id, first);
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
	enum err e = call_id(c, 0, &id);

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
