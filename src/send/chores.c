/* SPDX-License-Identifier: MIT */
/*
 * chores: the loop of the process that does the chores.
 */
#include "send/chores.h"

#include "base/clock.h"
#include "base/log.h"
#include "send/digest.h"
#include "send/purge.h"
#include "store/store.h"
#include "store/store_chore.h"

enum {
	TICK_MS = 100,	    /* between checks whether to stop */
	PAUSES = 4,	    /* ms for each ms of work: a fifth of the time */
	PAUSES_BUSY = 19,   /* the same while deliveries need the database */
	HOLD_MS = 60000,    /* after this another process continues a chore */
	AGAIN_MS = 3600000, /* after this a failed chore is tried again */
	ONCE_MS = 1000
};

struct chores {
	const struct chores_plan *plan;
	struct store store;
	int64_t end;	   /* monotonic; 0: none */
	uint64_t attempts; /* at the last check */
};

static bool must_stop(const struct chores *c)
{
	return (c->end && clock_monotonic() >= c->end) ||
	       c->plan->stop(c->plan->arg);
}

static void chores_rest(const struct chores *c, int64_t ms)
{
	int64_t end = clock_monotonic() + ms, left = ms;

	while (left > 0 && !must_stop(c)) {
		clock_sleep(left < TICK_MS ? left : TICK_MS);
		left = end - clock_monotonic();
	}
}

static int64_t pauses(struct chores *c)
{
	uint64_t before = c->attempts;

	c->attempts = c->plan->attempts(c->plan->arg);
	return c->attempts == before ? PAUSES : PAUSES_BUSY;
}

/* Takes steps with pauses between them; each writes the place where another
 * run continues. */
static enum err chores_sweep(struct chores *c, enum purge_sweep which,
			     uint64_t key)
{
	const char *name = purge_name(which);
	struct store_purge_place at = {.key = key, .more = true};
	struct store_purged done = {0};
	enum err e = ERR_OK;

	while (!e && at.more) {
		int64_t begin = clock_monotonic();

		if (must_stop(c))
			return store_chore_write(&c->store, name, at.key, 0);
		e = purge_step(&c->store, which, false, &at, &done);
		if (!e && at.more)
			e = store_chore_write(&c->store, name, at.key, HOLD_MS);
		if (!e && at.more && !c->plan->once)
			chores_rest(c, pauses(c) * (clock_monotonic() - begin));
	}
	return e ? e
		 : store_chore_write(&c->store, name, 0,
				     purge_interval(&c->store, which));
}

static enum err do_sweep(struct chores *c, enum purge_sweep which)
{
	const char *name = purge_name(which);
	uint64_t key;
	bool mine;
	enum err e = store_chore_take(&c->store, name, HOLD_MS, &mine, &key);

	if (!e && mine)
		e = chores_sweep(c, which, key);
	if (e && e != ERR_TEMP) {
		log_warn("%s: put off for an hour", name); /* db said why */
		store_chore_write(&c->store, name, 0, AGAIN_MS);
	}
	return e;
}

enum err chores_due(struct store *s, bool *due)
{
	const char *names[PURGE_MAX];
	enum err e;

	for (int i = 0; i < PURGE_MAX; i++)
		names[i] = purge_name((enum purge_sweep)i);
	e = store_chore_due(s, names, PURGE_MAX, due);
	return e || *due ? e : digest_due(s, due);
}

/* A chore that the database refuses is no reason to leave the others. */
static enum err go_on(enum err e)
{
	return e == ERR_INTERNAL ? ERR_OK : e;
}

void chores_run(const struct chores_plan *plan)
{
	struct chores c = {.plan = plan};
	enum err e;

	if (plan->once)
		c.end = clock_monotonic() + ONCE_MS;
	store_init(&c.store, plan->conf, DB_SENDER);
	e = store_connect(&c.store);
	if (!e)
		e = go_on(digest_run(&c.store, plan->stop, plan->arg));
	for (int i = 0; !e && i < PURGE_MAX && !must_stop(&c); i++)
		e = go_on(do_sweep(&c, (enum purge_sweep)i));
	store_release(&c.store);
}
