/* SPDX-License-Identifier: MIT */
/*
 * courier_pace: how fast a hook's requests may leave: while its receiver is
 * overloaded, and where the hook has a rate. The pace outlives the lane in
 * memory, which is given back whenever nothing of it may be sent.
 *
 * A rate counts the moments at which requests leave: the ledger's bucket
 * counts when they are handed out, and connecting takes time once and not the
 * next time.
 */
#ifndef HOOKS_COURIER_PACE_H
#define HOOKS_COURIER_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lane;
struct parcel;

enum { COURIER_PACE_BUCKETS = 64 };

struct courier_paces {
	struct courier_pace *bucket[COURIER_PACE_BUCKETS];
	size_t count;
};

void courier_paces_release(struct courier_paces *paces);

/* The lane has something to send, or no longer has. */
void courier_pace_attach(struct courier_paces *paces, struct lane *l);
void courier_pace_detach(struct courier_paces *paces, struct lane *l);

/* When the next request of a lane that has one may start, monotonic; INT64_MAX:
 * not before one has left or ended. */
int64_t courier_pace_next(const struct lane *l);
/* A parcel's request starts; its first byte leaves now; it has ended and was
 * judged. */
void courier_pace_start(struct lane *l, struct parcel *p);
void courier_pace_leave(struct lane *l, struct parcel *p);
void courier_pace_end(struct courier_paces *paces, struct lane *l,
		      struct parcel *p);

#endif
