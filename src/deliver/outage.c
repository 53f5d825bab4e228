/* SPDX-License-Identifier: MIT */
/*
 * outage: a file that exists during an outage and contains when it began and
 * when it was last reported, in seconds.
 */
#include "deliver/outage.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"

enum { AGAIN_S = 3600 };

struct outage {
	int64_t began, said;
};

static void outage_path(struct buf *path, const char *lock_path)
{
	buf_init(path, 4096);
	buf_puts(path, lock_path);
	buf_puts(path, ".outage");
}

/* Opens and locks the file: of several processes that see one outage, one
 * reports it. -1: there is none, or it cannot be opened. */
static int outage_open(const char *path, int flags)
{
	struct stat st;
	int fd;

	for (;;) {
		fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
		if (fd < 0 || flock(fd, LOCK_EX) != 0)
			return fd;
		/* The previous holder of the lock may have removed the file. */
		if (fstat(fd, &st) != 0 || st.st_nlink)
			return fd;
		close(fd);
	}
}

static bool outage_read(int fd, struct outage *out)
{
	char text[64] = "", *end;

	if (fd < 0 || pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return false;
	out->began = strtoll(text, &end, 10);
	out->said = strtoll(end, NULL, 10);
	return true;
}

static void outage_write(int fd, const struct outage *s)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "%" PRId64 " %" PRId64 "\n",
			 s->began, s->said);

	if (fd >= 0 && pwrite(fd, text, (size_t)n, 0) != n)
		log_warn("the outage could not be noted: %s", strerror(errno));
}

bool outage_note(const char *lock_path, const char *why)
{
	int64_t now = clock_wall() / 1000;
	struct outage s = {.began = now, .said = now};
	struct buf path;
	bool known, due;
	int fd;

	outage_path(&path, lock_path);
	fd = outage_open(path.data, O_CREAT);
	known = outage_read(fd, &s);
	due = known && now - s.said >= AGAIN_S;
	if (!known) {
		log_error("the database cannot be reached: %s", why);
	} else if (due) {
		log_error("the database cannot be reached for %" PRId64
			  " minutes: %s",
			  (now - s.began) / 60, why);
	}
	if (due)
		s.said = now;
	if (!known || due)
		outage_write(fd, &s);
	if (fd >= 0)
		close(fd);
	buf_release(&path);
	return !known || due;
}

void outage_end(const char *lock_path)
{
	struct outage s;
	struct buf path;
	int fd;

	outage_path(&path, lock_path);
	fd = outage_open(path.data, 0);
	if (outage_read(fd, &s)) {
		log_error("the database is back after %" PRId64 " minutes",
			  (clock_wall() / 1000 - s.began + 59) / 60);
		unlink(path.data);
	}
	if (fd >= 0)
		close(fd);
	buf_release(&path);
}
