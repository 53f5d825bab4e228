/* SPDX-License-Identifier: MIT */
/*
 * retry: when to try again. Pure functions of what happened and a random
 * fraction; they know neither clock nor calendar nor network.
 *
 * Every `fraction` is in [0, 1). All times are milliseconds.
 */
#ifndef HOOKS_RETRY_H
#define HOOKS_RETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RETRY_NONE INT64_C(-1)
/* The longest Retry-After of a receiver that is obeyed: a day. */
#define RETRY_AFTER_MAX INT64_C(86400000)
/* The ceiling of a lane's suspension, before jitter: five minutes. The first
 * probe finds a target that came back after at most that long (and a fifth). */
#define RETRY_SUSPENSION_MAX INT64_C(300000)

/*
 * The wait after the `tries`-th failed attempt (1-based), or RETRY_NONE when
 * the schedule is used up: with `count` waits there are count + 1 attempts.
 * Jitter only adds: delay * (1 + jitter * fraction).
 */
int64_t retry_delay(const int64_t *schedule_ms, size_t count, unsigned tries,
		    double jitter, double fraction);

/*
 * The longest time from now that any rule lets a delivery wait: the longest
 * wait of the schedule with all of its jitter, or, when the target has `asked`
 * for time, RETRY_AFTER_MAX, if that is longer.
 */
int64_t retry_longest(const int64_t *schedule_ms, size_t count, double jitter,
		      bool asked);

/*
 * A Retry-After value (RFC 9110 10.2.3), whole seconds or any of the three
 * forms of an HTTP date (5.6.7), as milliseconds from `now_ms`: at most
 * RETRY_AFTER_MAX, 0 for a date that is past, RETRY_NONE for anything else
 * and for NULL. Blanks around the value do not matter.
 */
int64_t retry_after(const char *value, int64_t now_ms);

/*
 * How long a lane is suspended after `failures` connection-level failures in a
 * row: 0 -> 0, 1 -> 1 s, 2 -> 2 s, 3 -> 4 s, ... up to RETRY_SUSPENSION_MAX,
 * with up to a fifth added.
 */
int64_t retry_suspension(unsigned failures, double fraction);

#endif
