/* SPDX-License-Identifier: MIT */
/*
 * outage: reports that the database is away, or that a lock in it lasts, once
 * and not every minute, because cron mails every message. A file in the state
 * folder notes the reports.
 */
#ifndef HOOKS_OUTAGE_H
#define HOOKS_OUTAGE_H

#include <stdbool.h>

struct state_dir;

enum outage {
	OUTAGE_AWAY, /* the database cannot be reached */
	OUTAGE_LOCK, /* it can, but another client does not give a lock back */
	OUTAGE_MAX
};

/* Logs one line when it begins and one an hour, however many processes and runs
 * see it. `why` is the database's own message, or the facts that are known.
 * False: it was reported before, or nobody reads this log: then the next run
 * that is heard reports it. Where the folder is closed it is reported each
 * time. */
bool outage_note(struct state_dir *dir, enum outage which, const char *why);

/* It is over, or there was none: logs one line if it was reported. */
void outage_end(struct state_dir *dir, enum outage which);

#endif
