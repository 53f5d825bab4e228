/* SPDX-License-Identifier: MIT */
/*
 * alert: events of one hook are counted in one row.
 */
#include "deliver/alert.h"

#include "deliver/plan.h"
#include "deliver/round.h"
#include "store/store_alert.h"

static bool wanted(const struct round *r)
{
	return r->plan->conf->notify.mail_to.count > 0;
}

/* Parcels of one hook come back more or less together; the database adds up
 * several rows of one hook. */
static void alert_count(struct store_alert *list, size_t *n,
			const struct parcel *p)
{
	uint64_t hook = p->lane->facts.hook.hook;

	if (!*n || list[*n - 1].hook != hook)
		list[(*n)++] = (struct store_alert){
			.hook = hook, .kind = STORE_ALERT_FAILED, .reason = ""};
	list[*n - 1].count += p->count;
}

enum err alert_failed(struct round *r)
{
	struct store_alert *list;
	size_t n = 0;

	if (!wanted(r))
		return ERR_OK;
	for (const struct parcel *p = r->back->first; p; p = p->next)
		n++;
	list = arena_alloc(&r->arena, (n + 1) * sizeof(*list));
	n = 0;
	for (const struct parcel *p = r->back->first; p; p = p->next)
		if (parcel_is_over(p) && !p->lane->draft.lost &&
		    !p->lane->facts.ping &&
		    p->outcome.verdict == OUTCOME_FAILED)
			alert_count(list, &n, p);
	return store_alert_add(&r->store, list, n, r->store.now);
}

enum err alert_disabled(struct round *r, const struct lane *l)
{
	struct store_alert a = {.hook = l->facts.hook.hook,
				.kind = STORE_ALERT_DISABLED,
				.count = 1,
				.reason = l->draft.disable};

	return wanted(r) ? store_alert_add(&r->store, &a, 1, r->store.now)
			 : ERR_OK;
}

enum err alert_held(struct round *r, uint64_t hook, uint64_t count)
{
	struct store_alert a = {.hook = hook,
				.kind = STORE_ALERT_HELD,
				.count = count,
				.reason = ""};

	return wanted(r) ? store_alert_add(&r->store, &a, 1, r->store.now)
			 : ERR_OK;
}
