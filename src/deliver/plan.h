/* SPDX-License-Identifier: MIT */
/*
 * plan: what a worker's database thread is told, and how it is asked to end.
 * It stands by itself so that whoever needs it does not include the thread.
 */
#ifndef HOOKS_PLAN_H
#define HOOKS_PLAN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "outside/conf.h"

struct mailbox;

/* Shared between a run's workers and the program that watches them. */
struct plan_count {
	atomic_uint_fast64_t delivered, failed, retried;
};

/* How a run is to end. */
enum plan_wish {
	PLAN_GO_ON,
	PLAN_FINISH, /* nothing new; what is under way may end */
	PLAN_STOP    /* now: within seconds */
};

struct plan {
	const struct conf *conf; /* borrowed, as all here */
	struct mailbox *mailbox;
	const char *owner; /* name of the lease's holder */
	const char *host;
	unsigned worker; /* 0: the first, which also keeps the record */
	size_t concurrency;
	bool once;	    /* ends when nothing is left that was due by: */
	int64_t until;	    /* database time; TIME_NONE: as time goes on */
	int64_t started_at; /* of the run, database time */
	const char *outage; /* where it is noted that the database is away */
	enum plan_wish (*wish)(void *arg); /* asked often */
	void *arg;
	struct plan_count *count;
};

#endif
