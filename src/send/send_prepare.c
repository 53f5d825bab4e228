/* SPDX-License-Identifier: MIT */
/*
 * send_prepare: the database, leases of the dead, the fan-out.
 */
#include "send/send_prepare.h"

#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/self.h"
#include "base/text.h"
#include "deliver/fanout.h"
#include "deliver/lock.h"
#include "deliver/locked.h"
#include "deliver/outage.h"
#include "rules/worker_count.h"
#include "store/store.h"
#include "store/store_fanout.h"
#include "store/store_lane.h"
#include "store/store_secret.h"
#include "store/store_sender.h"
#include "store/store_settings.h"

enum {
	OVERTAKEN_MAX = 20, /* by senders on other Galera nodes */
	/* How long the rest of a run with `once` waits for an organization
	 * that a lock holds up. */
	LOCKED_MS = 3000,
	LOCKED_PAUSE_MS = 50
};

static bool is_told_to_stop(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && (sigismember(&pending, SIGTERM) ||
					     sigismember(&pending, SIGINT));
}

/* Notifications published before now belong to this run; deliveries that are
 * due later do not. */
static enum err fan_out_all(struct store *s, int64_t *until, bool *left)
{
	int64_t end = clock_monotonic() + LOCKED_MS;
	struct fanout_place place = {0};
	struct locked locked = {0};
	struct fanout_count count = {0};
	unsigned overtaken = 0;
	uint64_t newest;
	bool any;
	enum err e = store_fanout_newest(s, &newest);

	any = !e && newest;
	/* Another sender may take a step's rows: then there may be more. */
	while (!e && any && !is_told_to_stop()) {
		e = fanout_run(s, &place, &locked, newest, &count);
		if (e == ERR_TEMP && db_contended(s->db) &&
		    ++overtaken < OVERTAKEN_MAX)
			e = ERR_OK;
		if (!e && !count.taken && locked.count) {
			*left = clock_monotonic() >= end;
			if (*left)
				break; /* the others do not wait longer */
			clock_sleep(LOCKED_PAUSE_MS);
		}
		if (!e)
			e = store_fanout_any(s, newest, &any);
	}
	return e ? e : store_now(s, until);
}

enum err send_prepare_bury(struct store *s, struct lock *lock)
{
	size_t freed = 0;
	enum err e;

	if (lock->fd < 0)
		return ERR_OK;
	e = store_lane_bury(s, lock->prefix, lock_alive, lock, &freed);
	if (!e && freed)
		log_info("%zu lanes taken over from a sender that died", freed);
	return e;
}

static enum err count_workers(struct store *s, unsigned *workers)
{
	struct store_settings settings;
	struct arena arena;
	enum err e;

	if (*workers)
		return ERR_OK;
	arena_init(&arena);
	e = store_settings_read(s, &arena, &settings);
	if (!e)
		*workers = worker_count(self_cores(),
					store_settings_connections(&settings));
	arena_release(&arena);
	return e;
}

static enum err send_prepare_work(struct store *s, struct lock *lock, bool once,
				  unsigned *workers, struct send_prepared *out)
{
	enum err e = store_sender_check(s);

	if (!e)
		e = store_secret_check(s);
	if (!e)
		e = count_workers(s, workers);
	if (!e)
		e = store_now(s, &out->now);
	if (!e)
		e = send_prepare_bury(s, lock);
	if (!e && once)
		e = fan_out_all(s, &out->until, &out->left);
	if (e == ERR_CONFIG)
		store_complain(s->db, s->conf, e);
	return e;
}

enum err send_prepare_run(struct store *s, struct lock *lock, bool once,
			  unsigned *workers, struct send_prepared *out)
{
	enum err e = store_connect(s);

	*out = (struct send_prepared){.until = TIME_NONE};
	if (!e) {
		outage_end(&lock->state, OUTAGE_AWAY);
		e = send_prepare_work(s, lock, once, workers, out);
	}
	/* A person at the terminal is told what cron has reported already. */
	if (e == ERR_TEMP &&
	    !outage_note(&lock->state, OUTAGE_AWAY, db_error_text(s->db)) &&
	    isatty(STDERR_FILENO))
		log_error("the database cannot be reached: %s",
			  db_error_text(s->db));
	db_close(s->db);
	return e;
}
