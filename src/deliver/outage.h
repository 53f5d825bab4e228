/* SPDX-License-Identifier: MIT */
/*
 * outage: reports an outage of the database once, not every minute, because
 * cron mails every message. A file beside the lock file notes what was
 * reported.
 */
#ifndef HOOKS_OUTAGE_H
#define HOOKS_OUTAGE_H

#include <stdbool.h>

/* The database cannot be reached: logs one line when that begins and one an
 * hour, however many processes and runs see it. `lock_path` is the path of the
 * lock file, `why` the database's own message. False: it was reported before.
 */
bool outage_note(const char *lock_path, const char *why);

/* The database can be reached: logs one line if it could not before. */
void outage_end(const char *lock_path);

#endif
