/* SPDX-License-Identifier: MIT */
/*
 * log: formats, escapes and writes one line with one write(2) of at most
 * PIPE_BUF bytes, so that lines of several processes on one descriptor do not
 * mix.
 */
#include "base/log.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_MAX = 2000, LINE_MAX_BYTES = PIPE_BUF };

static const char *program_name = "hooks";
static enum log_level shown = LOG_LEVEL_WARN;
static bool (*filter)(const char *text);
static atomic_uint dropped; /* lines that could not be written */

/* Opens /dev/null for the wrong direction, so that using the descriptor fails
 * as it would have failed when closed. */
static void occupy(int fd, int flags)
{
	if (fcntl(fd, F_GETFD) < 0)
		(void)open("/dev/null", flags);
}

void log_open(const char *program, enum log_level level)
{
	program_name = program;
	shown = level;
	occupy(STDIN_FILENO, O_WRONLY);
	occupy(STDOUT_FILENO, O_RDONLY);
	occupy(STDERR_FILENO, O_RDONLY);
}

bool log_is_heard(void)
{
	struct stat log, null;

	return fstat(STDERR_FILENO, &log) == 0 &&
	       (stat("/dev/null", &null) != 0 || !S_ISCHR(log.st_mode) ||
		log.st_rdev != null.st_rdev);
}

/* As much as there is room for. */
static size_t escape(char *out, size_t room, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	for (const unsigned char *p = (const unsigned char *)text;
	     *p && n + 4 <= room; p++) {
		if (*p >= 0x20 && *p < 0x7f) {
			out[n++] = (char)*p;
			continue;
		}
		out[n++] = '\\';
		out[n++] = 'x';
		out[n++] = hex[*p >> 4];
		out[n++] = hex[*p & 15];
	}
	return n;
}

static size_t head(char *out, size_t room)
{
	int n = snprintf(out, room, "%.60s: ", program_name);

	return n > 0 ? (size_t)n : 0;
}

/* ---- writing without waiting ---- */

/* Whether somebody reads the log, and it is not full. */
static bool has_room(void)
{
	struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};

	return poll(&fd, 1, 0) == 1 && fd.revents == POLLOUT;
}

/* A pipe or a terminal is opened anew, because whether a write waits holds for
 * all who share an opening. Where it cannot be, has_room() must do. */
static ssize_t write_anew(const char *p, size_t n)
{
	int fd = open("/proc/self/fd/2",
		      O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	ssize_t done = write(fd < 0 ? STDERR_FILENO : fd, p, n);

	if (fd >= 0)
		close(fd);
	return done;
}

static bool log_put(const char *p, size_t n)
{
	struct stat st;
	ssize_t done;

	if (fstat(STDERR_FILENO, &st) != 0)
		return false;
	if (S_ISSOCK(st.st_mode))
		done = send(STDERR_FILENO, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	else if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode))
		done = has_room() ? write_anew(p, n) : -1;
	else
		done = write(STDERR_FILENO, p, n);
	return done >= 0;
}

static void own_up(void)
{
	unsigned count = atomic_load(&dropped);
	char line[160];
	int n;

	if (!count)
		return;
	n = snprintf(line, sizeof(line),
		     "%.60s: %u lines before this one could not be written\n",
		     program_name, count);
	if (n > 0 && log_put(line, (size_t)n))
		atomic_fetch_sub(&dropped, count);
}

static void log_line(enum log_level level, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

static void log_line(enum log_level level, const char *fmt, va_list ap)
{
	char text[TEXT_MAX], out[LINE_MAX_BYTES];
	size_t n;

	if (level > shown)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	if (level == LOG_LEVEL_ERROR && filter && !filter(text))
		return;
	n = head(out, 120);
	n += escape(out + n, sizeof(out) - n - 1, text);
	out[n++] = '\n';
	own_up();
	if (!log_put(out, n))
		atomic_fetch_add(&dropped, 1);
}

void log_filter(bool (*keep)(const char *text))
{
	filter = keep;
}

void log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(LOG_LEVEL_ERROR, fmt, ap);
	va_end(ap);
}

void log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(LOG_LEVEL_WARN, fmt, ap);
	va_end(ap);
}

void log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(LOG_LEVEL_INFO, fmt, ap);
	va_end(ap);
}
