/* SPDX-License-Identifier: MIT */
/*
 * watch: a few atomic numbers, and eventfds.
 */
#include "deliver/watch.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

enum {
	/* While something comes: half of it is the mean wait of what is
	 * published with SQL. */
	QUICK_MS = 40,
	/* So long nothing has come, divided by this, is the time between two
	 * looks: after 3 s of quiet it is 250 ms. */
	QUIET_SHARE = 12,
	/* Between the workers that look when the first one does not. */
	APART_MS = 10
};

void watch_open(struct watch *w, unsigned workers)
{
	w->workers = workers;
	for (unsigned i = 0; i < workers; i++)
		w->worker[i].bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void watch_close(struct watch *w)
{
	for (unsigned i = 0; i < w->workers; i++)
		if (w->worker[i].bell >= 0)
			close(w->worker[i].bell);
	w->workers = 0;
}

void watch_set(struct watch *w, unsigned worker, enum watch_state state)
{
	atomic_store(&w->worker[worker].state, state);
}

void watch_stir(struct watch *w)
{
	atomic_store(&w->stirred, clock_monotonic());
}

void watch_looked(struct watch *w)
{
	atomic_store(&w->looked, clock_monotonic());
}

static int64_t watch_pace(const struct watch *w, int64_t poll)
{
	int64_t quiet = clock_monotonic() - atomic_load(&w->stirred);
	int64_t ms = quiet / QUIET_SHARE;

	ms = ms > QUICK_MS ? ms : QUICK_MS;
	return ms < poll ? ms : poll;
}

int64_t watch_next(const struct watch *w, unsigned worker, int64_t own,
		   int64_t poll)
{
	int64_t pace = watch_pace(w, poll);
	int64_t last = atomic_load(&w->looked);

	last = last > own ? last : own;
	return last + pace + (worker ? pace / 2 + worker * APART_MS : 0);
}

void watch_ring(struct watch *w, enum watch_state state, unsigned but)
{
	const uint64_t one = 1;

	for (unsigned i = 0; i < w->workers; i++) {
		if (i == but || atomic_load(&w->worker[i].state) != state)
			continue;
		/* It cannot fail, unless the bell has rung very often. */
		if (write(w->worker[i].bell, &one, sizeof(one)) < 0)
			continue;
	}
}
