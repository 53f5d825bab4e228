/* SPDX-License-Identifier: MIT */
/*
 * chores: the work that a run of the sender does beside delivering: retention
 * and mails, bit by bit, in a process of its own that works for a small part of
 * the time, so that it neither delays deliveries nor can break them. Several
 * senders share the work (store_chore.h).
 */
#ifndef HOOKS_CHORES_H
#define HOOKS_CHORES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "outside/conf.h"

struct store;

struct chores_plan {
	const struct conf *conf; /* borrowed */
	bool once;		 /* works a second at most, without pauses */
	bool (*stop)(void *arg); /* asked often */
	/* The number of attempts of the run so far, which shows if it is busy.
	 */
	uint64_t (*attempts)(void *arg);
	void *arg;
};

/* Whether there is one that is due. */
enum err chores_due(struct store *s, bool *due);

/* Does the chores that are due, until they are done or it is told to stop.
 * Errors are logged; their only consequence is that less is done. */
void chores_run(const struct chores_plan *plan);

#endif
