/* SPDX-License-Identifier: MIT */
/*
 * round_part: lists the lanes, and halves the list.
 */
#include "deliver/round_part.h"

#include "base/clock.h"
#include "base/log.h"
#include "deliver/parcel_list.h"
#include "deliver/round.h"
#include "deliver/round_tx.h"
#include "deliver/round_wait.h"
#include "deliver/tally.h"

enum { HALVING_MS = 4000 };

/* A piece of work that a round can do or leave out. */
struct round_item {
	struct lane *lane; /* open; NULL: to be taken, or the counts */
	uint64_t number;   /* ROUND_WAIT_TALLY: the counts */
};

struct round_items {
	struct round_item item[2 * STORE_LANE_MAX + 1];
	size_t count;
};

void round_part_sort(struct round *r, struct parcel_list *back)
{
	struct parcel *p, *next;

	for (p = r->wait_count ? back->first : NULL; p; p = next) {
		next = p->next;
		if (!round_wait_find(r, p->lane->ledger.row.lane))
			continue;
		parcel_list_remove(back, p);
		parcel_list_add(&r->aside, p);
	}
}

static void add_item(const struct round *r, struct lane *lane, uint64_t number,
		     struct round_items *common, struct round_items *alone)
{
	struct round_items *to = round_wait_find(r, number) ? alone : common;

	if (!round_wait_rests(r, number))
		to->item[to->count++] = (struct round_item){lane, number};
}

/* Lanes that were put aside before are asked alone. */
static void list_items(struct round *r, const struct parcel_list *back,
		       struct round_items *common, struct round_items *alone)
{
	for (size_t i = 0; i < r->lane_count; i++)
		r->lane[i]->draft.touched = round_needs(r, r->lane[i]);
	for (const struct parcel *p = back->first; p; p = p->next)
		p->lane->draft.touched = true;
	common->count = alone->count = 0;
	for (size_t i = 0; i < r->lane_count; i++)
		if (r->lane[i]->draft.touched)
			add_item(r, r->lane[i], r->lane[i]->ledger.row.lane,
				 common, alone);
	for (size_t i = 0; i < r->due_count; i++)
		add_item(r, NULL, r->due[i], common, alone);
	if (tally_is_due(r->tally, clock_monotonic()))
		add_item(r, NULL, ROUND_WAIT_TALLY, common, alone);
}

static void take_parcels(struct round *r, struct parcel_list *from)
{
	struct parcel *p, *next;

	for (p = from->first; p; p = next) {
		next = p->next;
		if (!p->lane->draft.touched)
			continue;
		parcel_list_remove(from, p);
		parcel_list_add(&r->part, p);
	}
}

static void choose_items(struct round *r, struct parcel_list *back,
			 const struct round_item *item, size_t n)
{
	for (size_t i = 0; i < r->lane_count; i++)
		r->lane[i]->draft.touched = false;
	r->due_count = 0;
	r->writes_tally = false;
	for (size_t i = 0; i < n; i++) {
		if (item[i].lane)
			item[i].lane->draft.touched = true;
		else if (item[i].number == ROUND_WAIT_TALLY)
			r->writes_tally = true;
		else
			r->due[r->due_count++] = item[i].number;
	}
	take_parcels(r, &r->aside);
	take_parcels(r, back);
	r->back = &r->part;
}

static enum err try_items(struct round *r, struct parcel_list *back,
			  const struct round_item *item, size_t n)
{
	enum err e;

	choose_items(r, back, item, n);
	e = round_try(r);
	r->due_count = 0;
	/* If it failed, they go with the next try. */
	parcel_list_join(back, &r->part);
	for (size_t i = 0; i < n && !e && r->wait_count; i++)
		round_wait_end(r, item[i].number);
	return e;
}

/* A receiver's answer may be the reason. */
static void strip_answers(const struct round_item *item,
			  struct parcel_list *back)
{
	for (struct parcel *p = back->first; p; p = p->next) {
		if (p->lane != item->lane)
			continue;
		buf_clear(&p->request.attempt.headers);
		buf_clear(&p->request.attempt.body);
	}
}

static enum err try_alone(struct round *r, struct parcel_list *back,
			  const struct round_item *item)
{
	enum err e = try_items(r, back, item, 1);

	if (e != ERR_INTERNAL || !item->lane)
		return e;
	strip_answers(item, back);
	return try_items(r, back, item, 1);
}

static void put_aside(struct round *r, const struct round_item *item, size_t n,
		      bool refused)
{
	if (refused && !r->refused)
		log_error("the database refuses rows of some hook: its "
			  "deliveries wait, those of others go on");
	r->refused |= refused;
	for (size_t i = 0; i < n; i++)
		round_wait_put(r, item[i].number, refused);
}

/* The first lock is waited for; from then on, until all items are served, the
 * wait is as short as the server allows. If that is long, not all are tried. */
static enum err run_items(struct round *r, struct parcel_list *back,
			  const struct round_item *item, size_t n, int64_t end)
{
	size_t half = n / 2;
	enum err e =
		n == 1 ? try_alone(r, back, item) : try_items(r, back, item, n);
	bool locked = e == ERR_TEMP && !r->in_doubt && db_locked(r->store.db);

	if (!locked && e != ERR_INTERNAL)
		return e;
	if (locked)
		db_hasty(r->store.db, true);
	if (n == 1 || clock_monotonic() >= end) {
		put_aside(r, item, n, !locked);
		return ERR_OK;
	}
	e = run_items(r, back, item, half, end);
	return e ? e : run_items(r, back, item + half, n - half, end);
}

/* Where a lock costs a second, only one item is asked in a step. */
static enum err ask_alone(struct round *r, struct parcel_list *back,
			  const struct round_items *items)
{
	enum err e = ERR_OK;

	db_hasty(r->store.db, true);
	for (size_t i = 0; i < items->count && !e; i++) {
		int64_t begin = clock_monotonic();

		if (round_wait_rests(r, items->item[i].number))
			continue;
		e = run_items(r, back, &items->item[i], 1, begin);
		if (round_wait_find(r, items->item[i].number))
			round_wait_pace(r, clock_monotonic() - begin);
	}
	return e;
}

enum err round_part_run(struct round *r, struct parcel_list *back)
{
	int64_t end = clock_monotonic() + HALVING_MS;
	struct round_items common, alone;
	enum err e = ERR_OK;

	list_items(r, back, &common, &alone);
	if (common.count)
		e = run_items(r, back, common.item, common.count, end);
	if (!e)
		e = ask_alone(r, back, &alone);
	db_hasty(r->store.db, false);
	round_part_sort(r, back);
	return e;
}
