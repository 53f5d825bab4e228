/* SPDX-License-Identifier: MIT */
/*
 * chores: what a run of the sender does beside delivering: retention, bit by
 * bit, in a process of its own with a small share of its time, so that it
 * neither holds up deliveries nor can bring them down. Several senders share
 * the work (store_chore.h).
 */
#ifndef HOOKS_CHORES_H
#define HOOKS_CHORES_H

#include <stdbool.h>
#include <stdint.h>

#include "outside/conf.h"

struct chores_plan {
	const struct conf *conf; /* borrowed */
	bool once;		 /* for a second at most, without pauses */
	bool (*stop)(void *arg); /* asked often */
	/* How many attempts the run has made: whether it is busy. */
	uint64_t (*attempts)(void *arg);
	void *arg;
};

/* Does what is due to its end, or until it is told to stop. What goes wrong is
 * logged; nothing follows from it but that less is done. */
void chores_run(const struct chores_plan *plan);

#endif
