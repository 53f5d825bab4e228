/* SPDX-License-Identifier: MIT */
/*
 * send_report: the report of a run of the sender: the live line on a terminal,
 * the last line, a line in the log, and the machine's row in the database.
 */
#ifndef HOOKS_SEND_REPORT_H
#define HOOKS_SEND_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "deliver/plan.h"
#include "send/send_options.h"

struct lock;
struct store;

struct send_report {
	const struct send_options *options; /* borrowed, as all here */
	const struct plan_count *count;
	struct store *store;
	int64_t began; /* monotonic */
	int64_t until; /* database time, with --once; TIME_NONE */

	int64_t shown_at, counted_at; /* monotonic; 0: not yet */
	int64_t next_count;
	uint64_t shown; /* delivered, at shown_at */
	uint64_t due;	/* at counted_at */
	bool line_open; /* the live line is on the terminal */
};

/* Writes the live line again, once a second, if there is a terminal and the
 * options ask for it. Call it often. */
void send_report_progress(struct send_report *r);

/* For `hooks-admin status`, when all workers have finished counting.
 * `started_at`: the database's time. */
void send_report_note(const struct send_report *r, struct lock *lock,
		      int64_t started_at);

/* Writes the last line, if the options ask for it, and the one in the log. */
void send_report_end(struct send_report *r);

#endif
