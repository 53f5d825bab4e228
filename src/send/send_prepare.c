/* SPDX-License-Identifier: MIT */
/*
 * send_prepare: the database, leases of the dead, the intake.
 */
#include "send/send_prepare.h"

#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/self.h"
#include "base/text.h"
#include "deliver/intake.h"
#include "deliver/lock.h"
#include "deliver/outage.h"
#include "rules/worker_count.h"
#include "send/send_options.h"
#include "store/store.h"
#include "store/store_clock.h"
#include "store/store_lane.h"
#include "store/store_outbox.h"
#include "store/store_secret.h"
#include "store/store_sender.h"
#include "store/store_settings.h"
#include "store/store_stored.h"

static bool is_told_to_stop(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && (sigismember(&pending, SIGTERM) ||
					     sigismember(&pending, SIGINT));
}

/* Notifications published before now belong to this run; deliveries that are
 * due later do not. */
static enum err prepare_intake(struct store *s, int64_t *until, bool *left)
{
	enum err e = intake_all(s, is_told_to_stop, left);

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

/* The clock may have been set back while no sender ran. */
static enum err sweep_clock(struct store *s)
{
	uint64_t lanes;
	enum err e = store_clock_sweep(s, &lanes);

	return e == ERR_TEMP && db_locked(s->db) ? ERR_OK : e;
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

/* So that a run that dies in a moment has reported, too. One that a request has
 * started ends if it may not write that: it lacks other rights as well, and
 * would keep the turn from cron's senders, which may have them. */
static enum err note_begin(struct store *s, const struct lock *lock,
			   const struct send_options *o, int64_t now)
{
	struct store_run run = {.host = lock->host, .started_at = now};
	enum err e = store_sender_note(s, &run);

	if (!e && send_options_crons(o))
		(void)store_sender_note_cron(s, lock->host, lock->prefix);
	return o->idle < 0 ? ERR_OK : e;
}

static enum err send_prepare_work(struct store *s, struct lock *lock,
				  const struct send_options *o,
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
		e = note_begin(s, lock, o, out->now);
	if (!e)
		e = send_prepare_bury(s, lock);
	if (!e)
		e = store_outbox_heal(s);
	if (!e)
		e = sweep_clock(s);
	if (!e && o->once)
		e = prepare_intake(s, &out->until, &out->left);
	(void)store_stored_write(s);
	if (e == ERR_CONFIG)
		store_complain(s->db, s->conf, e);
	return e;
}

enum err send_prepare_run(struct store *s, struct lock *lock,
			  const struct send_options *o, unsigned *workers,
			  struct send_prepared *out)
{
	enum err e = store_connect(s);

	*out = (struct send_prepared){.until = TIME_NONE};
	if (!e) {
		outage_end(&lock->state, OUTAGE_AWAY);
		e = send_prepare_work(s, lock, o, workers, out);
	}
	/* A person at the terminal is told of errors that cron has reported
	 * already. */
	if (e == ERR_TEMP &&
	    !outage_note(&lock->state, OUTAGE_AWAY, db_error_text(s->db)) &&
	    isatty(STDERR_FILENO))
		log_error("the database cannot be reached: %s",
			  db_error_text(s->db));
	db_close(s->db);
	return e;
}
