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
	int64_t idle;	   /* of send_turn_seize(), ms; -1 */
	int64_t bound;	   /* monotonic; `last` is no later, with `idle` */
	uint64_t attempts; /* so many were made when `last` was set */
};

/* Waits for the turn as long as a sender waits, 10 s. False: the other one goes
 * on, or one of the signals, which must be blocked, came. `end`: when its time
 * ends, monotonic; with `brief` it does not go on after that. */
bool send_turn_wait(struct send_turn *t, struct lock *lock, int64_t end,
		    bool brief, const sigset_t *signals);

/* Takes the turn if nobody has it, until there was no attempt for `idle` ms, an
 * hour at most: then whoever publishes finds no sender, and starts the next. */
bool send_turn_seize(struct send_turn *t, struct lock *lock, int64_t end,
		     int64_t idle);

/* Whether the turn is to be handed over now, after so many attempts of the run.
 * Ask at least every send_turn_tick(). */
bool send_turn_is_over(struct send_turn *t, uint64_t attempts);
/* The time until the next question, ms; at most `ms`. */
int64_t send_turn_tick(const struct send_turn *t, int64_t ms);
/* Hands the turn over; may be called more than once. */
void send_turn_end(struct send_turn *t);

/*
 * What a request has left to send while somebody has the turn relies on it. So
 * a turn that was seized, and that nobody has taken over, is followed by one
 * more look for work, when all it had is done or given back. What comes after
 * the turn's end finds no sender, and starts one.
 */

/* Whether this look is due. */
bool send_turn_is_open(const struct send_turn *t);
/* Whether attempts were made since the turn ended, by which it would have gone
 * on. */
bool send_turn_moved(const struct send_turn *t, uint64_t attempts);
/* Takes the turn once more; false: somebody else was quicker. */
bool send_turn_again(struct send_turn *t);

#endif
