/* SPDX-License-Identifier: MIT */
/*
 * api_notification: reading /v2/notifications, and cancelling scheduled ones;
 * api_publish creates them.
 */
#include "api.h"
#include "base/text.h"
#include "call.h"
#include "deliver/intake.h"
#include "listing.h"
#include "outside/jtree.h"
#include "rules/publishable.h"
#include "store/store_delivery.h"
#include "store/store_notification.h"
#include "store/store_schedule.h"
#include "store/view.h"

enum {
	DELIVERIES_MAX = 1000, /* shown with a notification */
	WAITING_MAX = 100      /* outbox rows, shown above the first page */
};

struct page {
	struct store_notification *waiting, *list;
	size_t waiting_count, count;
	struct store_more more;
};

/* The outbox is read first: a row that is taken over in between is shown twice,
 * and not left out. */
static enum err read_page(struct call *c, const struct store_filter *f,
			  struct page *p)
{
	const struct id *org = &c->key.org.id;
	enum err e = store_notification_waiting(
		c->store, c->arena, org, f,
		f->limit < WAITING_MAX ? f->limit : WAITING_MAX, &p->waiting,
		&p->waiting_count);

	if (!e)
		e = store_notification_list(c->store, c->arena, org, f,
					    &p->list, &p->count, &p->more);
	return e;
}

/* Both lists together keep the limit. Waiting rows have no id from which a next
 * page could begin, so at least one of the others stays. */
static void fit(struct page *p, size_t limit)
{
	if (p->count && p->waiting_count >= limit)
		p->waiting_count = limit - 1;
	if (p->waiting_count + p->count <= limit)
		return;
	p->count = limit - p->waiting_count;
	p->more.more = true;
	p->more.after = p->list[p->count - 1].id;
}

enum err api_notification_list(struct call *c)
{
	struct page p = {0};
	struct listing l;
	struct jtree *all;
	enum err e = listing_read(c, store_notification_state, &l);

	l.filter.user = request_param(c->request, "user");
	l.filter.replace_key = request_param(c->request, "replace_key");
	if (!e)
		e = read_page(c, &l.filter, &p);
	if (e)
		return e;
	fit(&p, l.filter.limit);
	all = jtree_array();
	for (size_t i = 0; i < p.waiting_count; i++)
		jtree_add(all, view_notification(&p.waiting[i]));
	for (size_t i = 0; i < p.count; i++)
		jtree_add(all, view_notification(&p.list[i]));
	response_json(c->response, 200, all);
	if (p.more.more)
		listing_link_next(c, "/v2/notifications", &p.more.after);
	return ERR_OK;
}

/* The rest of its deliveries is a list of its own. */
static void link_rest(struct call *c, const struct id *notification,
		      const struct id *after)
{
	char id[ID_TEXT_SIZE], last[ID_TEXT_SIZE];

	id_format(id, notification);
	id_format(last, after);
	response_header(c->response, "Link",
			"<%s/v2/deliveries?notification=%s&after=%s%s>; "
			"rel=\"next\"",
			c->conf->api.base_path, id, last, call_scope(c));
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
		.limit = DELIVERIES_MAX,
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

/* ---- cancelling ---- */

/* Rows that were inserted before are taken over first, if they may be about
 * this `key`; NULL: the notification has none. */
static enum err cancel(struct call *c, const struct store_schedule_cancel *what,
		       const char *key)
{
	enum err e = key ? intake_settle(c->store, &what->organization, key)
			 : ERR_OK;

	return e ? e : store_schedule_cancel(c->store, what);
}

static enum err refuse_cancel(struct call *c, const struct id *id)
{
	struct store_notification n;
	enum err e = store_notification_get(c->store, c->arena, &c->key.org.id,
					    id, &n);

	if (e)
		return e;
	response_problem(c->response, 409,
			 "The notification is not scheduled: it is %s.",
			 n.state);
	return ERR_INVALID;
}

enum err api_notification_cancel(struct call *c)
{
	struct store_schedule_cancel what = {.organization = c->key.org.id};
	struct store_notification n;
	struct id id;
	enum err e = call_id(c, 0, &id);

	if (!e)
		e = store_notification_get(c->store, c->arena, &c->key.org.id,
					   &id, &n);
	if (e)
		return e;
	what.notification = n.key;
	e = cancel(c, &what, n.replace_key);
	if (e == ERR_NOT_FOUND)
		return refuse_cancel(c, &id);
	if (!e)
		response_empty(c->response, 204);
	return e;
}

enum err api_notification_cancel_key(struct call *c)
{
	struct store_schedule_cancel what = {
		.organization = c->key.org.id,
		.replace_key = request_param(c->request, "replace_key"),
	};
	const char *why = what.replace_key
				  ? publishable_replace_key(what.replace_key)
				  : "is missing";
	enum err e;

	if (why) {
		response_problem(c->response, 400, "replace_key %s.", why);
		return ERR_INVALID;
	}
	e = cancel(c, &what, what.replace_key);
	if (!e)
		response_empty(c->response, 204);
	return e;
}
