/* SPDX-License-Identifier: MIT */
/*
 * watch: how the workers of a run share the looking for new work. While there
 * is none, one of them looks for all, and less often the longer nothing has
 * come. Whoever leaves something for others wakes them.
 *
 * It lies in memory that the workers share. Every worker has a bell, an
 * eventfd: what rings before the worker waits is not lost.
 */
#ifndef HOOKS_WATCH_H
#define HOOKS_WATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { WATCH_WORKERS_MAX = 64 };

/* What a worker is doing, for those who may wake it. */
enum watch_state {
	WATCH_AWAKE, /* it looks by itself, soon */
	WATCH_IDLE,  /* it leaves the looking to others */
	WATCH_OPEN   /* it has lanes */
};

/* Times are monotonic. */
struct watch {
	atomic_int_fast64_t looked;  /* when a look last left nothing to do */
	atomic_int_fast64_t stirred; /* when something last came */
	unsigned workers;
	struct watch_worker {
		int bell; /* -1: it cannot be woken */
		_Atomic(enum watch_state) state;
	} worker[WATCH_WORKERS_MAX];
};

/* Makes the bells, before the workers start; in memory that is all zeros. */
void watch_open(struct watch *w, unsigned workers);
void watch_close(struct watch *w);

void watch_set(struct watch *w, unsigned worker, enum watch_state state);

/* Something came, or was done. */
void watch_stir(struct watch *w);
/* A worker has looked, and what it found it does itself. */
void watch_looked(struct watch *w);

/* When an idle worker looks that has looked last at `own`, if it is not woken.
 * `poll`: ms, the longest time between two looks of the run. The first worker
 * looks when it is time, the others only if it does not. */
int64_t watch_next(const struct watch *w, unsigned worker, int64_t own,
		   int64_t poll);

/* Wakes the workers that are in this state, but not worker `but`. */
void watch_ring(struct watch *w, enum watch_state state, unsigned but);

#endif
