/* SPDX-License-Identifier: MIT */
/*
 * courier_pace: halvings, and the last moments of leaving, for each hook.
 */
#include "deliver/courier_pace.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "deliver/lane.h"
#include "rules/outcome.h"
#include "rules/pace.h"

enum {
	KEPT_MAX = 1024, /* hooks; beyond it unused ones are dropped */
	/* A second, and a hundredth for differences on the way. */
	SECOND_MS = 1010
};

struct courier_pace {
	struct courier_pace *next; /* in its bucket */
	uint64_t hook;
	unsigned users;	   /* lanes: the hook's, and perhaps one that is lost */
	unsigned halvings; /* now, because the receiver is overloaded */
	unsigned presses;  /* how often it was found to be */
	int64_t started;   /* the last request, monotonic */
	/* Of a rate: when the last `rate` deliveries left, monotonic, as a
	 * ring; `at` is the oldest. */
	unsigned rate, at;
	int64_t *left;
	size_t waiting; /* started, and not yet left */
};

static struct courier_pace **kept_bucket(struct courier_paces *paces,
					 uint64_t hook)
{
	return &paces->bucket[hook % COURIER_PACE_BUCKETS];
}

static void kept_drop(struct courier_paces *paces, struct courier_pace **at)
{
	struct courier_pace *gone = *at;

	*at = gone->next;
	paces->count--;
	free(gone->left);
	free(gone);
}

void courier_paces_release(struct courier_paces *paces)
{
	for (size_t i = 0; i < COURIER_PACE_BUCKETS; i++)
		while (paces->bucket[i])
			kept_drop(paces, &paces->bucket[i]);
}

static int64_t newest(const struct courier_pace *p)
{
	return p->rate ? p->left[(p->at + p->rate - 1) % p->rate] : 0;
}

static bool is_over(const struct courier_pace *p, int64_t now)
{
	return !p->users && !p->halvings && newest(p) + SECOND_MS < now;
}

/* When there are too many, unused ones are dropped in any order. */
static void kept_clean(struct courier_paces *paces, uint64_t hook)
{
	struct courier_pace **at = kept_bucket(paces, hook);
	int64_t now = clock_monotonic();

	while (*at) {
		if (is_over(*at, now) ||
		    (!(*at)->users && paces->count > KEPT_MAX))
			kept_drop(paces, at);
		else
			at = &(*at)->next;
	}
}

static struct courier_pace *kept_find(struct courier_paces *paces,
				      uint64_t hook)
{
	struct courier_pace *p = *kept_bucket(paces, hook);

	while (p && p->hook != hook)
		p = p->next;
	return p;
}

static struct courier_pace *kept_add(struct courier_paces *paces, uint64_t hook)
{
	struct courier_pace *p = xcalloc(1, sizeof(*p));
	struct courier_pace **at = kept_bucket(paces, hook);

	p->hook = hook;
	p->next = *at;
	*at = p;
	paces->count++;
	return p;
}

/* With another rate nothing of the old one counts. */
static void set_rate(struct courier_pace *p, unsigned rate)
{
	if (p->rate == rate)
		return;
	free(p->left);
	p->left = rate ? xcalloc(rate, sizeof(*p->left)) : NULL;
	p->rate = rate;
	p->at = 0;
}

static struct courier_pace *kept_get(struct courier_paces *paces, uint64_t hook)
{
	struct courier_pace *p = kept_find(paces, hook);

	return p ? p : kept_add(paces, hook);
}

static void tell_pause(struct lane *l)
{
	atomic_store(
		&l->shared.pause,
		pace_interval(l->shared.window, l->courier.pace->halvings));
}

static void use(struct lane *l, struct courier_pace *p)
{
	l->courier.pace = p;
	if (!p->users++)
		set_rate(p, l->facts.hook.rate_limit);
	tell_pause(l);
}

void courier_pace_attach(struct courier_paces *paces, struct lane *l)
{
	uint64_t hook = l->facts.hook.hook;
	struct courier_pace *p;

	if (l->courier.pace || l->facts.ping)
		return;
	p = l->facts.hook.rate_limit ? kept_get(paces, hook)
				     : kept_find(paces, hook);
	if (p)
		use(l, p);
}

void courier_pace_detach(struct courier_paces *paces, struct lane *l)
{
	if (!l->courier.pace)
		return;
	l->courier.pace->users--;
	l->courier.pace = NULL;
	kept_clean(paces, l->facts.hook.hook);
}

/* ---- when ---- */

/* The next may leave a second after the delivery `rate` places before it; those
 * started but not yet left count as leaving now. */
static int64_t rate_next(const struct lane *l, const struct courier_pace *p)
{
	size_t n = p->waiting + l->courier.ready.first->count;

	if (n > p->rate)
		return p->waiting ? INT64_MAX : 0;
	return p->left[(p->at + n - 1) % p->rate] + SECOND_MS;
}

int64_t courier_pace_next(const struct lane *l)
{
	const struct courier_pace *p = l->courier.pace;
	size_t window = l->shared.window;
	int64_t next = 0, rate;

	if (p && p->halvings) {
		next = p->started + pace_interval(window, p->halvings);
		window = pace_window(window, p->halvings);
	}
	if (l->courier.in_flight >= window)
		return INT64_MAX;
	if (!p || !p->rate)
		return next;
	rate = rate_next(l, p);
	return rate > next ? rate : next;
}

/* ---- what happens ---- */

void courier_pace_start(struct lane *l, struct parcel *p)
{
	struct courier_pace *pace = l->courier.pace;

	p->left_at = 0;
	p->presses = pace ? pace->presses : 0;
	if (!pace)
		return;
	pace->started = clock_monotonic();
	p->waits = true;
	pace->waiting += p->count;
}

static void stop_waiting(struct courier_pace *pace, struct parcel *p)
{
	if (p->waits)
		pace->waiting -= p->count;
	p->waits = false;
}

void courier_pace_leave(struct lane *l, struct parcel *p)
{
	struct courier_pace *pace = l->courier.pace;
	int64_t now = clock_monotonic();

	p->left_at = now + atomic_load(&l->shared.ahead);
	if (!pace)
		return;
	stop_waiting(pace, p);
	for (size_t i = 0; pace->rate && i < p->count; i++) {
		pace->left[pace->at] = now;
		pace->at = (pace->at + 1) % pace->rate;
	}
}

/* Requests that were in flight together tell of one overload: only one that
 * started after the last halving makes another. */
static void learn_halvings(struct lane *l, const struct parcel *p)
{
	struct courier_pace *pace = l->courier.pace;
	const struct outcome *o = &p->outcome;

	if (o->verdict == OUTCOME_DELIVERED) {
		pace->halvings = pace_ease(pace->halvings);
	} else if (o->pressed && p->presses == pace->presses) {
		pace->halvings = pace_press(l->shared.window, pace->halvings);
		pace->presses++;
	}
	tell_pause(l);
}

void courier_pace_end(struct courier_paces *paces, struct lane *l,
		      struct parcel *p)
{
	bool pressed = p->outcome.pressed && !l->facts.hook.ordered;

	if (!l->courier.pace && pressed)
		use(l, kept_get(paces, l->facts.hook.hook));
	if (!l->courier.pace)
		return;
	stop_waiting(l->courier.pace, p);
	if (!l->facts.hook.ordered)
		learn_halvings(l, p);
}
