/* SPDX-License-Identifier: MIT */
/*
 * outage: reports an outage of the database once, not every minute, because
 * cron mails every message. A file in the state folder notes what was
 * reported.
 */
#ifndef HOOKS_OUTAGE_H
#define HOOKS_OUTAGE_H

#include <stdbool.h>

struct state_dir;

/* The database cannot be reached: logs one line when that begins and one an
 * hour, however many processes and runs see it. `why` is the database's own
 * message. False: it was reported before. Where the folder is closed it is
 * reported each time. */
bool outage_note(struct state_dir *dir, const char *why);

/* The database can be reached: logs one line if it could not before. */
void outage_end(struct state_dir *dir);

#endif
