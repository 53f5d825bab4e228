/* SPDX-License-Identifier: MIT */
/*
 * outage: says once that the database is away, not every minute: cron mails
 * what a job prints. What was said is kept in a file beside the lock file.
 */
#ifndef HOOKS_OUTAGE_H
#define HOOKS_OUTAGE_H

#include <stdbool.h>

/* The database cannot be reached: one line when that begins and one an hour,
 * however many processes and runs see it.
 * `lock_path` is the lock file's; `why` is the database's own word. False: it
 * had been said before. */
bool outage_note(const char *lock_path, const char *why);

/* It can: one line if it could not before. */
void outage_end(const char *lock_path);

#endif
