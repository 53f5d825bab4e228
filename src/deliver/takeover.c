/* SPDX-License-Identifier: MIT */
/*
 * takeover: chooses rows, checks them, and makes notifications of them.
 */
#include "deliver/takeover.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "deliver/locked.h"
#include "deliver/takeover_action.h"
#include "deliver/takeover_row.h"
#include "deliver/takeover_write.h"
#include "store/store.h"
#include "store/store_due.h"
#include "store/store_fanout.h"
#include "store/store_outbox.h"
#include "store/store_schedule.h"
#include "store/store_stored.h"

/* An organization whose turn it is. */
struct guest {
	struct id organization;
	size_t end;	/* its keys are those before keys[end] */
	uint64_t room;	/* notifications it may still have ([api] max_due) */
	uint64_t taken; /* notifications it got in this transaction */
	uint64_t bytes_room, bytes; /* the same of [api] max_stored */
	/* The same of what may be scheduled; counted for the first such row. */
	bool counted;
	uint64_t later_room, later;
};

struct takeover {
	struct store *s;
	uint64_t newest;
	struct locked *locked;
	const struct id *given; /* this organization, and no other */
	struct guest guests[TAKEOVER_ORGS];
	size_t guest_count;
	struct id refused;  /* organization of a row that is refused */
	struct id stranger; /* the first organization that does not exist */
	bool strange;	    /* there is one */
	bool away;	    /* rows of such organizations are taken */
	uint64_t keys[STORE_OUTBOX_STRANGERS];
	size_t key_count;

	/* of the transaction */
	size_t done; /* keys whose rows were read */
	struct takeover_action action;
	struct arena arena; /* of one part */
	struct takeover_count count;
	enum err failed; /* while a row was checked */

	struct takeover_count sum; /* of all transactions */
};

/* ---- whose turn it is ---- */

static enum err next_guest(void *arg, const struct id *after, struct id *out)
{
	struct takeover *t = arg;
	struct id found;
	enum err e;

	do {
		e = store_outbox_org(t->s, after, t->newest, &found,
				     &t->stranger, &t->strange);
		after = &found;
	} while (!e && locked_has(t->locked, &found));
	if (!e)
		*out = found;
	return e;
}

static enum err choose_of(struct takeover *t, struct guest *g, size_t want)
{
	size_t n;
	enum err e = store_outbox_oldest(t->s, &g->organization, t->newest,
					 want, t->keys + t->key_count, &n);

	if (e)
		return e;
	t->key_count += n;
	g->end = t->key_count;
	t->count.more = t->count.more || n == want;
	return ERR_OK;
}

/* Takes no lock: rows that are gone by then are missed when they are locked. */
static enum err takeover_choose(struct takeover *t, const struct turns *place,
				size_t rows)
{
	size_t max = rows < TAKEOVER_ORGS ? rows : TAKEOVER_ORGS, n = 1;
	struct id orgs[TAKEOVER_ORGS];
	enum err e = ERR_OK;

	if (t->given)
		orgs[0] = *t->given;
	else
		e = turns_find(place, next_guest, t, max, orgs, &n);
	t->key_count = t->guest_count = 0;
	t->count.more = !e && n == max;
	for (size_t i = 0; !e && i < n; i++) {
		struct guest *g = &t->guests[t->guest_count++];

		*g = (struct guest){.organization = orgs[i]};
		e = choose_of(t, g, rows / n ? rows / n : 1);
	}
	return e;
}

/* ---- the limit ---- */

static struct guest *guest_of(struct takeover *t, const struct id *organization)
{
	struct guest *g = t->guests;

	while (!id_equal(&g->organization, organization))
		g++;
	return g;
}

/* Scheduled notifications have a limit of their own. */
static const char *check_later_room(struct takeover *t, struct guest *g)
{
	if (!g->counted)
		t->failed = store_schedule_room(t->s, &g->organization, 1,
						&g->later_room);
	g->counted = true;
	if (t->failed || g->later < g->later_room) {
		g->later++;
		return NULL;
	}
	return arena_printf(&t->arena,
			    "%llu notifications of the organization are "
			    "scheduled, which is the limit",
			    (unsigned long long)STORE_SCHEDULE_MAX);
}

static const char *check_room(struct takeover *t,
			      const struct store_outbox_row *row)
{
	struct guest *g = guest_of(t, &row->organization);

	if (takeover_row_is_bare(row))
		return NULL;
	if (row->later)
		return check_later_room(t, g);
	if (g->taken < g->room) {
		g->taken++;
		return NULL;
	}
	return arena_printf(&t->arena,
			    "%llu deliveries of the organization are waiting, "
			    "which is the limit ([api] max_due)",
			    (unsigned long long)t->s->conf->api.max_due);
}

static uint64_t space_left(const struct guest *g)
{
	return g->bytes_room > g->bytes ? g->bytes_room - g->bytes : 0;
}

static const char *check_space(struct takeover *t,
			       const struct store_outbox_row *row)
{
	char limit[TEXT_SIZE_SIZE];

	if (row->resource_len <= space_left(guest_of(t, &row->organization)))
		return NULL;
	text_size_format(limit, t->s->conf->api.max_stored);
	return arena_printf(&t->arena,
			    "the organization has stored %s, which is the "
			    "limit ([api] max_stored)",
			    limit);
}

/* The resource of a rejected row is kept, too, if there is room for it. */
static void note_bytes(struct takeover *t, struct store_taken *row)
{
	struct guest *g = guest_of(t, &row->organization);

	if (row->resource_len > space_left(g)) {
		row->resource = "";
		row->resource_len = 0;
	}
	g->bytes += row->resource_len;
}

static enum err find_rooms(struct takeover *t)
{
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < t->guest_count; i++) {
		struct guest *g = &t->guests[i];

		g->taken = g->bytes = g->later = 0;
		g->counted = false;
		e = store_due_room(t->s, &g->organization, STORE_DUE_TAKEOVER,
				   1, &g->room);
		if (!e)
			e = store_stored_room(t->s, &g->organization, 0,
					      &g->bytes_room);
	}
	return e;
}

static void note_rooms(const struct takeover *t)
{
	for (size_t i = 0; i < t->guest_count; i++) {
		const struct guest *g = &t->guests[i];

		store_due_added(t->s, &g->organization, g->taken);
		store_schedule_added(t->s, &g->organization, g->later);
		store_stored_add(t->s, &g->organization, (int64_t)g->bytes, 0);
	}
}

/* ---- reading ---- */

static enum err add_row(struct takeover *t, const struct store_outbox_row *row,
			struct store_taken *out)
{
	const char *unlisted, *why;
	enum err e = takeover_action_why(&t->action, t->s, row, &unlisted);

	if (e)
		return e;
	why = takeover_row_check(row, t->s->conf, unlisted, &t->arena);
	if (!why)
		why = check_space(t, row);
	if (!why)
		why = check_room(t, row);
	*out = takeover_row_copy(row, why, &t->arena);
	if (!t->away && !out->bare)
		note_bytes(t, out);
	t->count.far_key |= row->key >= STORE_OUTBOX_KEY_FAR;
	return ERR_OK;
}

static size_t part_rows(const struct takeover *t)
{
	size_t rows = TAKEOVER_BYTES / t->s->conf->api.max_body;
	size_t left = t->key_count - t->done;

	if (t->away || rows > TAKEOVER_PART)
		rows = TAKEOVER_PART;
	rows = rows < left ? rows : left;
	return rows ? rows : 1;
}

/* Of a row whose organization does not exist, the resource is not read. If the
 * organization was made just now, its rows stay. Adds to `bytes` the length of
 * the resources, also of those that are too long: the server has read them. */
static enum err take_part(struct takeover *t, size_t n, size_t *bytes)
{
	struct store_taken taken[TAKEOVER_PART];
	const uint64_t *keys = t->keys + t->done;
	struct store_outbox_row row;
	struct db_stmt *rows;
	size_t count = 0;
	enum err e;

	if (t->away)
		e = store_outbox_take_bare(t->s, keys, n, &rows);
	else
		e = store_outbox_take(t->s, keys, n, t->s->conf->api.max_body,
				      &rows);
	while (!e && store_outbox_next(rows, &row)) {
		if (t->away && row.organization_known)
			continue;
		e = add_row(t, &row, &taken[count++]);
		*bytes += row.resource_len;
	}
	if (!e)
		e = t->failed;
	if (!e)
		e = takeover_write(t->s, taken, count, &t->count);
	arena_release(&t->arena);
	t->done += n;
	return e;
}

static enum err takeover_body(struct db *db, void *arg)
{
	struct takeover *t = arg;
	bool more = t->count.more;
	size_t bytes = 0;
	enum err e = ERR_OK;

	(void)db;
	t->count = (struct takeover_count){.more = more};
	t->failed = ERR_OK;
	t->done = 0;
	takeover_action_init(&t->action);
	if (!t->away)
		e = find_rooms(t);
	while (!e && t->done < t->key_count && bytes < TAKEOVER_BYTES)
		e = take_part(t, part_rows(t), &bytes);
	return e;
}

/* Organizations whose rows were not reached have the next turn. */
static void move_on(struct takeover *t, struct turns *place)
{
	for (size_t i = 0; i < t->guest_count; i++)
		if (t->guests[i].end <= t->done && !t->given)
			turns_took(place, &t->guests[i].organization);
	if (t->done < t->key_count)
		t->count.more = true;
}

/* ---- rows that the database refuses ---- */

/* The first of the chosen rows, without reading it. Another sender may have
 * taken it meanwhile. */
static enum err refuse_first(struct db *db, void *arg)
{
	struct takeover *t = arg;
	const struct store_taken row = {
		.organization = t->refused,
		.action = "",
		.resource = "",
		.reason = "the database refused the row",
	};
	uint64_t key;
	enum err e = store_outbox_remove(t->s, t->keys, 1);

	t->count = (struct takeover_count){.more = true};
	t->done = 1;
	if (e || !db_affected(db))
		return e;
	t->count.taken = t->count.rejected = 1;
	return store_outbox_keep(t->s, &row, 1, &key);
}

static enum err takeover_tx(struct takeover *t,
			    enum err (*body)(struct db *, void *))
{
	return db_tx(t->s->db, DB_REPEAT, body, t);
}

/* The rules should leave no row that the database refuses; if it refuses one
 * all the same, only this row is rejected, not its neighbours. */
static enum err takeover_first(struct takeover *t,
			       const struct id *organization)
{
	enum err e = takeover_tx(t, takeover_body);

	t->refused = *organization;
	return e == ERR_INTERNAL ? takeover_tx(t, refuse_first) : e;
}

/* ---- both kinds of rows ---- */

static enum err turn_away(struct takeover *t)
{
	enum err e = store_outbox_strangers(t->s, &t->stranger, t->newest,
					    t->keys, &t->key_count);

	if (e || !t->key_count)
		return e;
	t->away = t->count.more = true;
	e = takeover_tx(t, takeover_body);
	if (e != ERR_INTERNAL)
		return e;
	t->key_count = 1;
	return takeover_first(t, &t->stranger);
}

static enum err one_alone(struct takeover *t, const struct turns *place)
{
	enum err e = takeover_choose(t, place, 1);

	if (e || !t->key_count)
		return e;
	return takeover_first(t, &t->guests[0].organization);
}

static void add_up(struct takeover *t)
{
	t->sum.taken += t->count.taken;
	t->sum.rejected += t->count.rejected;
	t->sum.more |= t->count.more;
	t->sum.far_key |= t->count.far_key;
	t->count = (struct takeover_count){0};
}

/* Those whose turn it is, or the one that is given. */
static enum err take_chosen(struct takeover *t, struct turns *place)
{
	enum err e = takeover_choose(t, place, TAKEOVER_MAX);

	if (!e && t->key_count)
		e = takeover_tx(t, takeover_body);
	if (e == ERR_INTERNAL)
		e = one_alone(t, place);
	if (e) {
		t->count = (struct takeover_count){0};
		return e;
	}
	note_rooms(t);
	move_on(t, place);
	add_up(t);
	return ERR_OK;
}

static enum err take_one_by_one(struct takeover *t, struct turns *place,
				const struct id *orgs, size_t n)
{
	enum err e = ERR_OK;

	db_hasty(t->s->db, true);
	for (size_t i = 0; !e && i < n; i++) {
		t->given = &orgs[i];
		e = take_chosen(t, place);
		if (locked_holds_up(t->s->db, e)) {
			locked_put(t->locked, &orgs[i], e == ERR_INTERNAL);
			e = ERR_OK;
		} else if (!e) {
			locked_end(t->locked, &orgs[i]);
		}
	}
	t->given = NULL;
	db_hasty(t->s->db, false);
	return e;
}

/* One organization that is held up does not hold up the others. */
static enum err take_turns(struct takeover *t, struct turns *place)
{
	struct id orgs[TAKEOVER_ORGS], due[LOCKED_MAX];
	size_t n = locked_due(t->locked, due);
	enum err e = take_chosen(t, place);

	for (size_t i = 0; i < t->guest_count; i++)
		orgs[i] = t->guests[i].organization;
	if (locked_holds_up(t->s->db, e))
		e = take_one_by_one(t, place, orgs, t->guest_count);
	return e ? e : take_one_by_one(t, place, due, n);
}

enum err takeover_of(struct store *s, const struct id *organization,
		     int64_t end)
{
	struct locked none = {0};
	struct turns place = {0};
	struct takeover t = {.s = s,
			     .locked = &none,
			     .newest = UINT64_MAX,
			     .given = organization};
	enum err e;

	arena_init(&t.arena);
	do {
		t.sum.more = false;
		e = take_chosen(&t, &place);
	} while (!e && t.sum.more && clock_monotonic() < end);
	arena_release(&t.arena);
	return !e && t.sum.more ? ERR_TEMP : e;
}

enum err takeover_run(struct store *s, struct turns *place,
		      struct locked *locked, uint64_t newest,
		      struct takeover_count *out)
{
	struct takeover t = {.s = s, .locked = locked, .newest = newest};
	enum err e;

	arena_init(&t.arena);
	e = take_turns(&t, place);
	if (!e && t.strange)
		e = turn_away(&t);
	add_up(&t);
	arena_release(&t.arena);
	if (!e)
		*out = t.sum;
	return e;
}
