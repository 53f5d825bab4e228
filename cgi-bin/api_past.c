/*
 * api_past: reading /v2/notifications and /v2/deliveries.
 */
#include "api.h"
#include "call.h"
#include "js.h"
#include "store_delivery.h"
#include "store_notification.h"
#include "text.h"
#include "view.h"

struct past {
	struct store_filter filter;
	struct id after, hook;
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
	const char *text = param_or_empty(c, "state");

	if (*text && !known(text)) {
		response_problem(c->response, 400, "There is no such state.");
		return ERR_INVALID;
	}
	*out = text;
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
	struct js *all;
	size_t n;
	struct store_more more;
	enum err e = read_filter(c, store_notification_state, &p);

	if (!e)
		e = store_notification_list(c->store, c->arena, &c->key.org.id,
					    &p.filter, &list, &n, &more);
	if (e)
		return e;
	all = js_array();
	for (size_t i = 0; i < n; i++)
		js_add(all, view_notification(&list[i]));
	response_json(c->response, 200, all);
	if (more.more)
		call_link_next(c, "/v2/notifications", &more.after);
	return ERR_OK;
}

static struct js *view_deliveries(const struct store_delivery *list, size_t n)
{
	struct js *all = js_array();

	for (size_t i = 0; i < n; i++)
		js_add(all, view_delivery(&list[i]));
	return all;
}

enum err api_notification_get(struct call *c)
{
	struct store_notification n;
	struct store_delivery *list;
	size_t count;
	struct js *v;
	struct id id;
	enum err e = call_id(c, 0, &id);

	if (!e)
		e = store_notification_get(c->store, c->arena, &c->key.org.id,
					   &id, &n);
	if (!e)
		e = store_delivery_of(c->store, c->arena, n.key, &list, &count);
	if (e)
		return e;
	v = view_notification(&n);
	js_put(v, "deliveries", view_deliveries(list, count));
	response_json(c->response, 200, v);
	return ERR_OK;
}

/* ---- deliveries ---- */

static enum err read_hook(struct call *c, struct past *p)
{
	const char *text = request_param(c->request, "hook");

	if (!text)
		return ERR_OK;
	p->filter.hook = &p->hook;
	return call_parse_id(text, &p->hook);
}

enum err api_delivery_list(struct call *c)
{
	struct store_delivery *list;
	struct past p;
	size_t n;
	struct store_more more;
	enum err e = read_filter(c, store_delivery_state, &p);

	if (!e)
		e = read_hook(c, &p);
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

enum err api_delivery_get(struct call *c)
{
	struct store_delivery d;
	struct store_attempt *list;
	struct js *v, *attempts;
	size_t n;
	struct id id;
	enum err e = call_id(c, 0, &id);

	if (!e)
		e = store_delivery_get(c->store, c->arena, &c->key.org.id, &id,
				       &d);
	if (!e)
		e = store_delivery_attempts(c->store, c->arena, d.key, &list,
					    &n);
	if (e)
		return e;
	v = view_delivery(&d);
	attempts = js_array();
	for (size_t i = 0; i < n; i++)
		js_add(attempts, view_attempt(&list[i]));
	js_put(v, "attempts", attempts);
	response_json(c->response, 200, v);
	return ERR_OK;
}
