/* SPDX-License-Identifier: MIT */
/*
 * api_remove: DELETE /v2/deliveries?until= removes now, for one organization,
 * what retention would remove later: as much as fits while the client waits.
 */
#include "api.h"
#include "base/clock.h"
#include "base/text.h"
#include "call.h"
#include "listing.h"
#include "outside/jtree.h"
#include "store/store.h"
#include "store/store_purge.h"
#include "store/store_stored.h"

enum {
	LONG_ENOUGH_MS = 2000,
	/* How long a cancelled delivery may still be on its way. */
	SETTLED_MIN_MS = 600000
};

static int64_t settled(const struct call *c, int64_t until)
{
	int64_t lease = 2 * c->conf->sender.lease;
	int64_t before =
		c->key.now - (lease > SETTLED_MIN_MS ? lease : SETTLED_MIN_MS);

	return before < until ? before : until;
}

/* `more`: the time did not suffice for all. */
static enum err remove_all(
	struct call *c, const struct store_purge *p, int64_t end,
	enum err (*step)(struct store *, const struct store_purge *,
			 struct store_purge_place *, struct store_purged *),
	struct store_purged *done, bool *more)
{
	struct store_purge_place at = {.more = true};
	enum err e = ERR_OK;

	while (!e && at.more && clock_monotonic() < end)
		e = step(c->store, p, &at, done);
	*more = *more || at.more;
	return e;
}

enum err api_delivery_remove(struct call *c)
{
	struct store_purge p = {.organization = &c->key.org.id};
	int64_t end = clock_monotonic() + LONG_ENOUGH_MS, until;
	struct store_purged done = {0};
	struct jtree *v;
	bool more = false;
	enum err e = listing_time(c, "until", &until);

	if (e)
		return e;
	if (until == TIME_NONE) {
		response_problem(c->response, 400, "until is missing.");
		return ERR_INVALID;
	}
	p.deliveries = p.notifications = until;
	p.settled = settled(c, until);
	e = remove_all(c, &p, end, store_purge_deliveries, &done, &more);
	if (!e)
		e = remove_all(c, &p, end, store_purge_notifications, &done,
			       &more);
	(void)store_stored_write(c->store);
	if (e)
		return e;
	v = jtree_object();
	jtree_put_int(v, "count", (int64_t)done.deliveries);
	jtree_put_int(v, "notifications", (int64_t)done.notifications);
	jtree_put_bool(v, "more", more);
	response_json(c->response, 200, v);
	return ERR_OK;
}
