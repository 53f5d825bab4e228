/* SPDX-License-Identifier: MIT */
/*
 * send_turn: which of a host's senders takes new work. The next one waits until
 * the last one hands over, so that nothing waits between the two: cron starts
 * one a minute, and each works for a minute and until its successor is there.
 */
#ifndef HOOKS_SEND_TURN_H
#define HOOKS_SEND_TURN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct lock;

struct send_turn {
	struct lock *lock; /* borrowed */
	bool holds;
	/* Monotonic: the time from which on the turn goes to a sender that
	 * waits, and the time at which it ends in any case. */
	int64_t end, last;
};

/* Waits for the turn as long as a sender waits, 10 s. False: the other one goes
 * on, or one of the signals, which must be blocked, came. `end`: when its time
 * ends, monotonic; with `brief` it does not go on after that. */
bool send_turn_wait(struct send_turn *t, struct lock *lock, int64_t end,
		    bool brief, const sigset_t *signals);

/* Whether the turn is to be handed over now. Ask at least every
 * send_turn_tick(). */
bool send_turn_is_over(const struct send_turn *t);
/* The time until the next question, ms; at most `ms`. */
int64_t send_turn_tick(const struct send_turn *t, int64_t ms);
/* Hands the turn over; may be called more than once. */
void send_turn_end(struct send_turn *t);

#endif
