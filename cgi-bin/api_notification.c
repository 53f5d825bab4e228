/* SPDX-License-Identifier: MIT */
/*
 * api_notification: reading /v2/notifications; api_publish creates them.
 */
#include "api.h"
#include "base/text.h"
#include "call.h"
#include "listing.h"
#include "outside/jtree.h"
#include "store/store_delivery.h"
#include "store/store_notification.h"
#include "store/view.h"

enum { DELIVERIES_MAX = 1000 }; /* shown with a notification */

enum err api_notification_list(struct call *c)
{
	struct store_notification *list;
	struct listing l;
	struct jtree *all;
	size_t n;
	struct store_more more;
	enum err e = listing_read(c, store_notification_state, &l);

	if (!e)
		e = store_notification_list(c->store, c->arena, &c->key.org.id,
					    &l.filter, &list, &n, &more);
	if (e)
		return e;
	all = jtree_array();
	for (size_t i = 0; i < n; i++)
		jtree_add(all, view_notification(&list[i]));
	response_json(c->response, 200, all);
	if (more.more)
		listing_link_next(c, "/v2/notifications", &more.after);
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
