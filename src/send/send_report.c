/* SPDX-License-Identifier: MIT */
/*
 * send_report: counts, and the words around them.
 */
#include "send/send_report.h"

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "deliver/lock.h"
#include "deliver/outage.h"
#include "store/store.h"
#include "store/store_sender.h"

enum {
	EVERY_MS = 1000,
	/* Due deliveries are counted row by row, which may take at most a
	 * twentieth of the time, however many they are. */
	COUNT_SHARE = 20
};

static unsigned long long send_report_load(const atomic_uint_fast64_t *v)
{
	return atomic_load(v);
}

static void count_due(struct send_report *r)
{
	int64_t began = clock_monotonic(), now;
	uint64_t held;

	if (began < r->next_count)
		return;
	if (store_now(r->store, &now) ||
	    store_sender_left(r->store, r->until == TIME_NONE ? now : r->until,
			      &r->due, &held))
		r->due = 0;
	now = clock_monotonic();
	r->next_count = now + (now - began) * COUNT_SHARE;
}

void send_report_progress(struct send_report *r)
{
	int64_t now = clock_monotonic(), passed = now - r->shown_at;
	unsigned long long delivered = send_report_load(&r->count->delivered);

	if (!r->options->progress || !isatty(STDOUT_FILENO))
		return;
	if (!r->shown_at)
		passed = now - r->began + EVERY_MS;
	if (passed < EVERY_MS)
		return;
	count_due(r);
	printf("\rdelivered %llu, failed %llu, %llu/s, due %llu\033[K",
	       delivered, send_report_load(&r->count->failed),
	       (delivered - r->shown) * 1000 / (unsigned long long)passed,
	       (unsigned long long)r->due);
	fflush(stdout);
	r->line_open = true;
	r->shown = delivered;
	r->shown_at = now;
}

void send_report_note(const struct send_report *r, struct lock *lock,
		      int64_t started_at)
{
	struct store_run run = {
		.host = lock->host,
		.started_at = started_at,
		.delivered = send_report_load(&r->count->delivered),
		.failed = send_report_load(&r->count->failed),
		.retried = send_report_load(&r->count->retried),
		.ended = true,
	};
	enum err e = store_sender_note(r->store, &run);

	if (e == ERR_TEMP && !db_contended(r->store->db) &&
	    !db_locked(r->store->db))
		(void)outage_note(&lock->state, OUTAGE_AWAY,
				  db_error_text(r->store->db));
	else if (!e) /* the database may be back only now */
		outage_end(&lock->state, OUTAGE_AWAY);
	if (!atomic_load(&r->count->locked))
		outage_end(&lock->state, OUTAGE_LOCK); /* of an earlier run */
}

/* Deliveries that a run with --once could not try count as retries, too. */
static void count_left(struct send_report *r, uint64_t *due, uint64_t *held)
{
	int64_t now = r->until;

	*due = *held = 0;
	if (now == TIME_NONE && store_now(r->store, &now))
		return;
	if (store_sender_left(r->store, now, due, held))
		*due = *held = 0;
	if (!r->options->once)
		*due = 0;
}

void send_report_end(struct send_report *r)
{
	const struct send_options *o = r->options;
	uint64_t due, held;
	char line[200];

	if (!o->once && !o->progress && !o->verbose)
		return;
	count_left(r, &due, &held);
	snprintf(line, sizeof(line),
		 "delivered %llu, failed %llu, retrying %llu, held %llu in "
		 "%lld s",
		 send_report_load(&r->count->delivered),
		 send_report_load(&r->count->failed),
		 send_report_load(&r->count->retried) + due,
		 (unsigned long long)held,
		 (long long)((clock_monotonic() - r->began + 500) / 1000));
	log_info("run ended: %s", line);
	printf("%s%s\n", r->line_open ? "\n" : "", line);
	fflush(stdout);
}
