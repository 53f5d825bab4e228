/* SPDX-License-Identifier: MIT */
/*
 * kick: first a look at the lock, which costs no statement: a sender that was
 * started so looks for work once more after it gave it up. The wake-up tells
 * nothing, since a sender that takes nothing new any more may still listen.
 */
#include "kick.h"

#include "base/clock.h"
#include "call.h"
#include "deliver/lock.h"
#include "outside/wakeup.h"
#include "spawn.h"
#include "store/store.h"
#include "store/store_start.h"

enum { KICK_MS = 1000 }; /* of database work; no client waits */

/* Where the folder is another user's, or is not fit for a sender, one that we
 * started would be of no use. A missing one it makes. */
static bool may_be_alone(struct state_dir *dir, struct lock_look *look)
{
	if (dir->fd < 0 && !dir->missing)
		return false;
	lock_look(dir, look);
	return !look->taken;
}

/* Ours is not the sender that delivers: `hooks-admin doctor` says so. */
static int64_t leave_it(const struct wakeup *w)
{
	wakeup_apart(&w->dir);
	return STORE_START_MS;
}

/* A start is claimed before it is made. Returns the time until it is worth
 * asking again: a sender that reports makes a long wait a short one. */
static int64_t start_one(struct call *c, const struct store_start *start)
{
	bool may;
	int64_t wait = store_start_wait(start, true);

	if (wait)
		return wait < STORE_START_MS ? wait : STORE_START_MS;
	if (!store_start_claim(c->store, start, &may) && may)
		(void)spawn_sender(c->conf->file, SPAWN_IDLE);
	return STORE_START_MS;
}

/* Another machine's sender tells by its row that it ends, and looks after that.
 */
static int64_t consider(struct call *c, const struct lock_look *look)
{
	struct store_start start;

	db_deadline(c->store->db, clock_monotonic() + KICK_MS);
	if (store_start_read(c->store, look->host, look->place, &start))
		return STORE_START_MS;
	if (start.elsewhere)
		return leave_it(c->wakeup);
	return start.alive ? 0 : start_one(c, &start);
}

void kick(struct call *c, int64_t *next)
{
	struct lock_look look;

	if (c->conf->api.kick && clock_monotonic() >= *next &&
	    may_be_alone(&c->wakeup->dir, &look))
		*next = clock_monotonic() + consider(c, &look);
}
