/* SPDX-License-Identifier: MIT */
/*
 * log: formats, escapes and writes one line with one write(2), so that
 * lines of several processes on one descriptor do not mix.
 */
#include "base/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { TEXT_MAX = 2000, LINE_MAX_BYTES = 4 * TEXT_MAX + 128 };

static const char *program_name = "hooks";
static enum log_level shown = LOG_LEVEL_WARN;

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

/* The caller makes room for 4 bytes a character: see LINE_MAX_BYTES. */
static size_t escape(char *out, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
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

static void log_line(enum log_level level, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

static void log_line(enum log_level level, const char *fmt, va_list ap)
{
	char text[TEXT_MAX];
	char out[LINE_MAX_BYTES];
	size_t n;

	if (level > shown)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	n = head(out, 120);
	n += escape(out + n, text);
	out[n++] = '\n';
	while (write(STDERR_FILENO, out, n) < 0)
		break; /* nowhere left to complain to */
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
