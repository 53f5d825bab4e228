/* SPDX-License-Identifier: MIT */
/*
 * outcome: the one place where results are judged. The network reports facts
 * (struct attempt); this module says what follows from them for the delivery,
 * for its lane and for its hook. Pure: no clock, no state.
 */
#ifndef HOOKS_OUTCOME_H
#define HOOKS_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct attempt;

enum outcome_verdict {
	OUTCOME_DELIVERED, /* a complete answer with any 2xx */
	OUTCOME_RETRY,	   /* again after `delay_ms` */
	OUTCOME_FAILED,	   /* the schedule is used up */
	OUTCOME_GONE,	   /* 410: disable the hook, hold its deliveries */
	OUTCOME_RETURNED,  /* nothing was sent: give it back, as never tried */
};

struct outcome_policy {
	const int64_t *schedule; /* waits in ms; borrowed */
	size_t schedule_count;
	double jitter; /* share of a wait that may be added */
	/* A ping: one attempt, whatever its result, and no consequences for
	 * the lane or the hook. */
	bool ping;
};

struct outcome {
	enum outcome_verdict verdict;
	/* The attempt uses up one step of the schedule. False when the sender
	 * stopped in the middle: that is no failure of the receiver. */
	bool counts;
	/* The lane's failures in a row go up by one and suspend it. */
	bool connection_level;
	/* The other end answered completely: the lane's failures in a row
	 * start again from 0. */
	bool answered;
	/* The request may have arrived without a complete answer: every later
	 * sending, a redelivery too, carries webhook-maybe-duplicate. */
	bool maybe_duplicate;
	/* The delivery goes again at once, over a new connection: the failure
	 * counts for nothing. Set with OUTCOME_RETRY, without `counts`. */
	bool at_once;
	bool timeout; /* it halves the lane's window */
	/* The receiver is overloaded, and does not say for how long: 429, 502,
	 * 503 or 504 without Retry-After. */
	bool pressed;
	/* The time until the next attempt of this delivery; OUTCOME_RETRY only.
	 * The schedule's wait, or Retry-After where that is longer. */
	int64_t delay_ms;
	/* How long Retry-After on 429 and 503 postpones the whole lane; 0: not
	 * at all. */
	int64_t lane_delay_ms;
};

/*
 * `tries` is this attempt's number within its schedule, 1-based, counting
 * only attempts whose outcome `counts`. `fraction` in [0, 1) is for the jitter;
 * `now_ms` is the time of the answer, for a Retry-After that is a date.
 *
 * ATTEMPT_STOPPED: with nothing sent the delivery is RETURNED; with the
 * request sent it is a RETRY due at once that may be a duplicate.
 */
void outcome_judge(const struct attempt *attempt,
		   const struct outcome_policy *policy, unsigned tries,
		   double fraction, int64_t now_ms, struct outcome *out);

/* Whether the rest of the lane must not be tried now: the target is dead, asks
 * for time, or is gone. */
bool outcome_stops_lane(const struct outcome *o);

#endif
