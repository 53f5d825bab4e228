/* SPDX-License-Identifier: MIT */
/*
 * courier_pace: the pace of lanes whose receivers are overloaded. It outlives
 * the lane in memory, which is given back whenever nothing of it is due.
 */
#ifndef HOOKS_COURIER_PACE_H
#define HOOKS_COURIER_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lane;
struct outcome;
struct parcel;

/* The paces that are kept; begins empty. */
struct courier_paces {
	struct courier_pace *newest;
	size_t count;
};

void courier_paces_release(struct courier_paces *paces);

/* The lane has something to send after a while, or for the first time. */
void courier_pace_recall(struct courier_paces *paces, struct lane *l);

/* When its next request may start, monotonic; INT64_MAX: when one has ended. */
int64_t courier_pace_next(const struct lane *l);
/* This one starts now. */
void courier_pace_start(struct lane *l, struct parcel *p, int64_t now);
/* It has ended. */
void courier_pace_learn(struct courier_paces *paces, struct lane *l,
			const struct parcel *p);

#endif
