/* SPDX-License-Identifier: MIT */
/*
 * round_wait: lanes that a lock of another client keeps from us, or whose rows
 * the database refuses to write. They are neither lost nor recorded: they are
 * asked again, alone, after 1, 2, 4 ... 30 s, and parcels that come back of
 * them wait. All other lanes go on.
 */
#ifndef HOOKS_ROUND_WAIT_H
#define HOOKS_ROUND_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct round;

/* In place of a lane's number: the counts that a round writes besides. */
enum { ROUND_WAIT_TALLY = 0 };

struct round_wait {
	uint64_t lane;
	int64_t since, ask_at; /* monotonic */
	unsigned tries;
	bool refused; /* the database refuses its rows: it is no lock */
};

void round_wait_init(struct round *r);
void round_wait_release(struct round *r);

/* NULL: the lane does not wait. Borrowed until the next call that changes
 * something. */
const struct round_wait *round_wait_find(const struct round *r, uint64_t lane);
/* Whether it waits, and it is too early to ask again. */
bool round_wait_rests(const struct round *r, uint64_t lane);
/* Whether any lane waits. */
bool round_wait_any(const struct round *r);

/* The lane has met a lock, or was refused, perhaps once more. */
void round_wait_put(struct round *r, uint64_t lane, bool refused);
/* A query waited this long in vain: the next one waits for longer than that. */
void round_wait_pace(struct round *r, int64_t ms);
/* The lane met none: it is taken off the list. Others that wait may be free,
 * too, and are asked at once. */
void round_wait_end(struct round *r, uint64_t lane);
/* Forgets lanes that are not open here, nor among these, which are due: other
 * senders have served them. */
void round_wait_forget(struct round *r, const uint64_t *due, size_t n);

/* Whether only lanes are left that were locked for as long as their lease.
 * With `once`, lanes that were never taken count, too. */
bool round_wait_is_vain(const struct round *r, bool once);

/* The number of lanes that have met a lock again and again. */
size_t round_wait_lasting(const struct round *r);
/* Whether any lane waits because it was refused. */
bool round_wait_is_refused(const struct round *r);

#endif
