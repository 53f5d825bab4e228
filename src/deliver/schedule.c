/* SPDX-License-Identifier: MIT */
/*
 * schedule: asks once for each organization whether it is its turn.
 */
#include "deliver/schedule.h"

#include "deliver/locked.h"
#include "store/store.h"
#include "store/store_due.h"
#include "store/store_outbox.h"
#include "store/store_schedule.h"

static bool has_org(const struct id *list, size_t n, const struct id *org)
{
	for (size_t i = 0; i < n; i++)
		if (id_equal(&list[i], org))
			return true;
	return false;
}

static enum err schedule_may(struct store *s, const struct id *org,
			     struct locked *locked, bool *may, bool *more)
{
	uint64_t room;
	bool orders;
	enum err e = store_outbox_orders(s, org, &orders);

	*may = false;
	if (e || orders) {
		*more = true;
		return e;
	}
	e = store_due_room(s, org, STORE_DUE_TAKEOVER, 1, &room);
	if (e)
		return e;
	*may = room > 0;
	if (!room)
		locked_put(locked, org, true); /* it is no lock */
	return ERR_OK;
}

static size_t list_locked(const struct locked *locked, struct id *orgs)
{
	for (size_t i = 0; i < locked->count; i++)
		orgs[i] = locked->org[i].organization;
	return locked->count;
}

/* The organizations of these rows whose turn it is. */
static enum err pick_orgs(struct store *s, const struct store_scheduled *row,
			  size_t n, struct locked *locked,
			  struct schedule_pick *out)
{
	struct id passed[SCHEDULE_MAX];
	size_t passed_count = 0;
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < n && out->orgs < SCHEDULE_ORGS; i++) {
		const struct id *org = &row[i].organization;
		bool may;

		if (has_org(out->org, out->orgs, org) ||
		    has_org(passed, passed_count, org))
			continue;
		e = schedule_may(s, org, locked, &may, &out->more);
		if (may)
			out->org[out->orgs++] = *org;
		else
			passed[passed_count++] = *org;
	}
	return e;
}

enum err schedule_pick(struct store *s, const struct id *given,
		       struct locked *locked, size_t max,
		       struct schedule_pick *out)
{
	struct store_scheduled row[SCHEDULE_MAX];
	struct id without[LOCKED_MAX];
	size_t count = given ? 0 : list_locked(locked, without), n;
	enum err e;

	max = max < SCHEDULE_MAX ? max : SCHEDULE_MAX;
	e = store_schedule_due(s, given, without, count, max, row, &n);
	*out = (struct schedule_pick){.more = !e && n == max};
	if (!e)
		e = pick_orgs(s, row, n, locked, out);
	for (size_t i = 0; !e && i < n; i++)
		if (has_org(out->org, out->orgs, &row[i].organization))
			out->key[out->keys++] = row[i].notification;
	return e;
}
