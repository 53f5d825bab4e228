/* SPDX-License-Identifier: MIT */
/*
 * intake: how published notifications get to the lanes: the take-over of rows
 * that applications inserted with SQL, then the fan-out of those that are
 * queued, and of scheduled ones that are due.
 */
#ifndef HOOKS_INTAKE_H
#define HOOKS_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "deliver/locked.h"
#include "deliver/turns.h"

struct store;

/* Begins as all zeros. Times are monotonic. */
struct intake {
	struct turns taking, spreading, ripening;
	/* Organizations that are left out: their rows of the outbox, their
	 * queued notifications, and their scheduled ones that are due. */
	struct locked untaken, unspread, unready;
	bool more;	   /* something was left since intake_begin() */
	size_t taken;	   /* rows of the outbox, since then */
	uint64_t made;	   /* deliveries, since then */
	int64_t next_heal; /* the outbox's next key is left alone until then */
	size_t rejected;   /* notifications, not reported yet */
	int64_t next_tell;
};

/* Before the two steps of a look; also tells of what was rejected. */
void intake_begin(struct intake *in);
/* Runs a transaction or two, when there is something to do (store_look.h). */
enum err intake_take_over(struct store *s, struct intake *in);
/* `due`: scheduled notifications are due, too. */
enum err intake_fan_out(struct store *s, struct intake *in, bool due);

/* Before something is replaced or cancelled: takes over the rows that the
 * organization has published with SQL by now, if any of them may be about a
 * notification with this replace_key (NULL: with any). ERR_TEMP: there are too
 * many to be waited for. */
enum err intake_settle(struct store *s, const struct id *organization,
		       const char *replace_key);

/* Runs all, for all that is published by now, step by step, while `stop` gives
 * false. `left`: a lock of another client holds up a part of it. */
enum err intake_all(struct store *s, bool (*stop)(void), bool *left);

#endif
