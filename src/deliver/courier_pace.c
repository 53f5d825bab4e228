/* SPDX-License-Identifier: MIT */
/*
 * courier_pace: halvings, counted for each lane.
 */
#include "deliver/courier_pace.h"

#include <stdlib.h>

#include "base/mem.h"
#include "deliver/lane.h"
#include "rules/outcome.h"
#include "rules/pace.h"

enum { KEPT_MAX = 1024 }; /* lanes */

struct courier_pace {
	struct courier_pace *older;
	uint64_t hook;
	unsigned halvings;
	int64_t started; /* the last request, monotonic */
};

static struct courier_pace **kept_find(struct courier_paces *paces,
				       uint64_t hook)
{
	struct courier_pace **at = &paces->newest;

	while (*at && (*at)->hook != hook)
		at = &(*at)->older;
	return at;
}

static void kept_drop(struct courier_paces *paces, struct courier_pace **at)
{
	struct courier_pace *gone = *at;

	if (!gone)
		return;
	*at = gone->older;
	paces->count--;
	free(gone);
}

void courier_paces_release(struct courier_paces *paces)
{
	while (paces->newest)
		kept_drop(paces, &paces->newest);
}

static struct courier_pace **kept_oldest(struct courier_paces *paces)
{
	struct courier_pace **at = &paces->newest;

	while (*at && (*at)->older)
		at = &(*at)->older;
	return at;
}

static void kept_put(struct courier_paces *paces, const struct lane *l)
{
	struct courier_pace **at = kept_find(paces, l->facts.hook.hook), *p;

	if (*at && !l->courier.halvings) {
		kept_drop(paces, at);
		return;
	}
	p = *at;
	if (!p && !l->courier.halvings)
		return;
	if (!p) {
		if (paces->count == KEPT_MAX)
			kept_drop(paces, kept_oldest(paces));
		p = xcalloc(1, sizeof(*p));
		p->hook = l->facts.hook.hook;
		p->older = paces->newest;
		paces->newest = p;
		paces->count++;
	}
	p->halvings = l->courier.halvings;
	p->started = l->courier.started;
}

void courier_pace_recall(struct courier_paces *paces, struct lane *l)
{
	const struct courier_pace *p;

	if (l->courier.paced || l->facts.ping)
		return;
	l->courier.paced = true;
	p = paces->newest ? *kept_find(paces, l->facts.hook.hook) : NULL;
	if (!p)
		return;
	l->courier.halvings = p->halvings;
	l->courier.started = p->started;
}

int64_t courier_pace_next(const struct lane *l)
{
	size_t window = l->shared.window;
	unsigned halvings = l->courier.halvings;

	if (l->courier.in_flight >= pace_window(window, halvings))
		return INT64_MAX;
	return halvings ? l->courier.started + pace_interval(window, halvings)
			: 0;
}

void courier_pace_start(struct lane *l, struct parcel *p, int64_t now)
{
	l->courier.started = now;
	p->turn = l->courier.turn;
}

/* What was in flight together tells of one overload: only what started after
 * the last halving makes another. */
void courier_pace_learn(struct courier_paces *paces, struct lane *l,
			const struct parcel *p)
{
	const struct outcome *o = &p->outcome;
	unsigned before = l->courier.halvings;

	if (o->verdict == OUTCOME_DELIVERED) {
		l->courier.halvings = pace_ease(before);
	} else if (o->pressed && !l->facts.hook.ordered &&
		   p->turn == l->courier.turn) {
		l->courier.halvings = pace_press(l->shared.window, before);
		l->courier.turn++;
	}
	if (l->courier.halvings || before)
		kept_put(paces, l);
	atomic_store(&l->shared.pause,
		     pace_interval(l->shared.window, l->courier.halvings));
}
