/* SPDX-License-Identifier: MIT */
/*
 * lasting: an error that lasts is reported once an hour and not once a minute,
 * because cron mails every message: a changed password, a schema of another
 * version. Reports are noted in a file of the state folder, one for each
 * configuration file.
 */
#ifndef HOOKS_LASTING_H
#define HOOKS_LASTING_H

#include <stdbool.h>

struct conf;

/* From now on errors in the log of this process and its children pass through
 * here; warnings, which tell of events, do not. `conf` is borrowed, and need
 * not be loaded yet. */
void lasting_begin(const struct conf *conf);

/* The run has ended. If all was well, errors that it did not meet again are
 * reported to be over: at once if they made runs fail, else after some minutes.
 */
void lasting_end(bool failed);

#endif
