/* SPDX-License-Identifier: MIT */
/*
 * log: one line an event on standard error, which is where a web server's
 * error log, cron's mail and systemd's journal all listen.
 *
 * Bytes that came from outside (a receiver, a client) are escaped, so that
 * no line can be forged. Keys, secrets, payloads and full URLs are never
 * handed to it: that is the caller's duty.
 *
 * Writing never waits. A line for which there is no room, in a pipe that nobody
 * reads for example, is dropped; the next one that can be written is preceded
 * by how many were.
 */
#ifndef HOOKS_LOG_H
#define HOOKS_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO };

/*
 * Names the program (borrowed for the life of the process) and sets the level:
 * messages above `level` are dropped. Until then: "hooks", WARN.
 * Closed standard descriptors are filled: a connection to the database must
 * not get their number, or the program would read and write it as such.
 */
void log_open(const char *program, enum log_level level);

/* One line "program: text". Control characters in the finished text and
 * bytes that are not ASCII are written as \xHH; the text is cut at 2000
 * bytes, the line at PIPE_BUF. */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Whether somebody may read it: standard error leads elsewhere than to
 * /dev/null. */
bool log_is_heard(void);

/* Before an error is written, `keep` is asked whether it should be; its text is
 * not escaped yet. NULL: always. */
void log_filter(bool (*keep)(const char *text));

#endif
