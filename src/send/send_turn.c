/* SPDX-License-Identifier: MIT */
/*
 * send_turn: the lock, asked for again and again: a lock that is waited for in
 * the kernel could not be given up at a signal.
 */
#include "send/send_turn.h"

#include <time.h>

#include "base/clock.h"
#include "deliver/lock.h"

enum {
	PATIENCE_MS = 10000, /* how long the next one waits, and the last one */
	LOOK_MS = 20	     /* between looks whether the other is there */
};

static bool is_stop(int signal)
{
	return signal == SIGTERM || signal == SIGINT;
}

static bool turn_come(struct lock *lock, const sigset_t *signals)
{
	const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
	int64_t until = clock_monotonic() + PATIENCE_MS;

	while (!lock_try(lock))
		if (clock_monotonic() >= until ||
		    is_stop(sigtimedwait(signals, NULL, &pause)))
			return false;
	return true;
}

bool send_turn_wait(struct send_turn *t, struct lock *lock, int64_t end,
		    bool brief, const sigset_t *signals)
{
	int64_t now;

	*t = (struct send_turn){.lock = lock};
	lock_queue(lock, true);
	t->holds = turn_come(lock, signals);
	lock_queue(lock, false);
	now = clock_monotonic();
	t->end = end;
	t->last = (end > now ? end : now) + (brief ? 0 : PATIENCE_MS);
	return t->holds;
}

bool send_turn_is_over(const struct send_turn *t)
{
	int64_t now = clock_monotonic();

	return t->holds && now >= t->end &&
	       (now >= t->last || lock_wanted(t->lock));
}

int64_t send_turn_tick(const struct send_turn *t, int64_t ms)
{
	int64_t left = t->end - clock_monotonic();

	if (!t->holds || left > ms)
		return ms;
	return left > 0 ? left : LOOK_MS;
}

void send_turn_end(struct send_turn *t)
{
	if (t->holds)
		lock_give_up(t->lock);
	t->holds = false;
}
