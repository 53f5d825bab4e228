/* SPDX-License-Identifier: MIT */
/*
 * plan: the orders for a worker's database thread, and the way to end it. They
 * have a header of their own so that their users need not include the thread.
 */
#ifndef HOOKS_PLAN_H
#define HOOKS_PLAN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "outside/conf.h"

struct keepsake;
struct mailbox;
struct state_dir;
struct store;
struct watch;

/* Shared between a run's workers and the program that watches them. */
struct plan_count {
	atomic_uint_fast64_t delivered, failed, retried;
	atomic_bool finish; /* the program asks for PLAN_FINISH */
	atomic_bool chores; /* some are due */
	atomic_uint locked; /* workers that are held up by a lock */
};

/* How a run is to end. */
enum plan_wish {
	PLAN_GO_ON,
	PLAN_FINISH, /* start nothing new; requests in flight may end */
	PLAN_STOP    /* end now, within seconds */
};

struct plan {
	const struct conf *conf; /* borrowed, as all here */
	struct mailbox *mailbox;
	const char *owner; /* the name of the lease's holder */
	const char *host;
	unsigned worker; /* 0: the first, which also notes the run */
	size_t concurrency;
	bool once;	    /* ends when nothing is left that is due */
	int64_t until;	    /* by this database time; TIME_NONE: no limit */
	int64_t started_at; /* of the run, database time */
	struct state_dir *state;	   /* for outage_note() */
	enum plan_wish (*wish)(void *arg); /* asked often */
	void *arg;
	enum err (*chores_due)(struct store *s, bool *due);
	struct plan_count *count;
	struct keepsake *keepsake; /* of the run's workers; may be NULL */
	struct watch *watch;	   /* shared, too */
};

#endif
