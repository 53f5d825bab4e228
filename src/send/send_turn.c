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
	LOOK_MS = 20,	     /* between looks whether the other is there */
	BOUND_MS = 3600000   /* of a turn that goes on as long as it delivers */
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

	*t = (struct send_turn){.lock = lock, .idle = -1};
	lock_queue(lock, true);
	t->holds = turn_come(lock, signals);
	lock_queue(lock, false);
	now = clock_monotonic();
	t->end = end;
	t->last = (end > now ? end : now) + (brief ? 0 : PATIENCE_MS);
	return t->holds;
}

static void turn_begin(struct send_turn *t, int64_t end)
{
	int64_t now = clock_monotonic();

	t->end = end;
	t->bound = now + BOUND_MS;
	t->last = now + t->idle;
}

bool send_turn_seize(struct send_turn *t, struct lock *lock, int64_t end,
		     int64_t idle)
{
	*t = (struct send_turn){
		.lock = lock, .idle = idle, .holds = lock_try(lock)};
	turn_begin(t, end);
	return t->holds;
}

static void turn_extend(struct send_turn *t, int64_t now)
{
	t->last = now + t->idle < t->bound ? now + t->idle : t->bound;
}

bool send_turn_is_over(struct send_turn *t, uint64_t attempts)
{
	int64_t now = clock_monotonic();

	if (!t->holds)
		return false;
	if (send_turn_moved(t, attempts))
		turn_extend(t, now);
	t->attempts = attempts;
	return now >= t->last || (now >= t->end && lock_wanted(t->lock));
}

int64_t send_turn_tick(const struct send_turn *t, int64_t ms)
{
	int64_t left = t->end - clock_monotonic();

	if (!t->holds || t->idle >= 0 || left > ms)
		return ms;
	return left > 0 ? left : LOOK_MS;
}

void send_turn_end(struct send_turn *t)
{
	if (t->holds)
		lock_give_up(t->lock);
	t->holds = false;
}

/* Whoever waits looks at the lock within LOOK_MS, unless it gives up just then.
 */
bool send_turn_is_open(const struct send_turn *t)
{
	enum { LOOKS = 50 };

	if (t->idle < 0)
		return false;
	for (int i = 0;
	     i < LOOKS && lock_wanted(t->lock) && !lock_taken(t->lock); i++)
		clock_sleep(LOOK_MS);
	return !lock_taken(t->lock);
}

bool send_turn_moved(const struct send_turn *t, uint64_t attempts)
{
	return t->idle >= 0 && attempts != t->attempts;
}

bool send_turn_again(struct send_turn *t)
{
	t->holds = lock_try(t->lock);
	turn_begin(t, clock_monotonic());
	return t->holds;
}
