/* SPDX-License-Identifier: MIT */
/*
 * worker: one worker of a run: a ledger and a courier, two threads, one
 * database connection, one set of kept connections to receivers.
 */
#ifndef HOOKS_WORKER_H
#define HOOKS_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "deliver/lock.h"
#include "deliver/plan.h"
#include "outside/conf.h"
#include "store/policy.h"

struct store;
struct watch;

struct worker_plan {
	const struct conf *conf; /* borrowed, as all here */
	struct policy *policy;
	struct lock *lock; /* this worker's own open file */
	char *owner;	   /* LOCK_OWNER_SIZE: the name that it gets */
	unsigned worker, workers;
	bool once;
	int64_t until; /* see plan.h */
	int64_t started_at;
	enum plan_wish (*wish)(void *arg);
	void *arg;
	enum err (*chores_due)(struct store *s, bool *due);
	struct plan_count *count;
	struct keepsake *keepsake;
	struct watch *watch;
	int call; /* what publishers write to; -1: nothing */
};

/* Runs the worker to its end. Errors as for ledger_run. */
enum err worker_run(const struct worker_plan *plan);

/* Whether a worker that this signal ended has crashed: what comes from outside
 * says nothing about its work. */
bool worker_crashed(int signal);

#endif
