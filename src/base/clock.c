/* SPDX-License-Identifier: MIT */
/*
 * clock: clock_gettime(2) in milliseconds.
 */
#include "base/clock.h"

#include <time.h>

static int64_t now(clockid_t which)
{
	struct timespec ts;

	clock_gettime(which, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t clock_wall(void)
{
	return now(CLOCK_REALTIME);
}

int64_t clock_monotonic(void)
{
	return now(CLOCK_MONOTONIC);
}

void clock_sleep(int64_t ms)
{
	struct timespec ts = {.tv_sec = (time_t)(ms / 1000),
			      .tv_nsec = (long)(ms % 1000) * 1000000};

	if (ms > 0)
		nanosleep(&ts, NULL);
}
