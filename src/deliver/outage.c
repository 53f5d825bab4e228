/* SPDX-License-Identifier: MIT */
/*
 * outage: a file that exists for as long as an outage lasts. It contains the
 * times of its beginning and of the last report, in seconds.
 */
#include "deliver/outage.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "outside/state_dir.h"

enum { AGAIN_S = 3600 };

#define TIME_S_MAX UINT64_C(100000000000) /* in some three thousand years */

static const struct {
	const char *file, *is, *was;
} outages[OUTAGE_MAX] = {
	[OUTAGE_AWAY] = {"outage", "the database cannot be reached",
			 "the database is back"},
	[OUTAGE_LOCK] = {"locked",
			 "another client of the database holds a lock",
			 "no lock in the database holds deliveries up any "
			 "more,"},
};

struct outage_state {
	int64_t began, said;
};

/* Opens and locks the file: of several processes that see one outage, one
 * reports it. -1: there is none, or it cannot be opened, or it is `busy`,
 * locked by another process for a moment. */
static int outage_open(struct state_dir *dir, enum outage which, int flags,
		       bool *busy)
{
	struct stat st;
	int fd;

	*busy = false;
	if (dir->fd < 0)
		return -1;
	fd = state_dir_file(dir, outages[which].file, O_RDWR | flags);
	if (fd < 0)
		return -1;
	/* The last holder of the lock may have removed the file. */
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 &&
	    st.st_nlink)
		return fd;
	*busy = true;
	close(fd);
	return -1;
}

/* "BEGAN SAID" in seconds, as outage_write() leaves it, or nothing. */
static bool outage_read(int fd, struct outage_state *out)
{
	char text[64] = "", *said;
	uint64_t began_s, said_s;

	if (fd < 0 || pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	said = strchr(text, ' ');
	if (!said)
		return false;
	*said++ = '\0';
	if (!text_uint(text, TIME_S_MAX, &began_s) ||
	    !text_uint(said, TIME_S_MAX, &said_s))
		return false;
	out->began = (int64_t)began_s;
	out->said = (int64_t)said_s;
	return true;
}

static void outage_write(int fd, const struct outage_state *s)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "%" PRId64 " %" PRId64 "\n",
			 s->began, s->said);

	if (pwrite(fd, text, (size_t)n, 0) != n || ftruncate(fd, n) != 0)
		log_warn("the outage could not be noted: %s", strerror(errno));
}

/* The clock may have been put back since. */
static int64_t seconds_since(int64_t began, int64_t now)
{
	return now > began ? now - began : 0;
}

bool outage_note(struct state_dir *dir, enum outage which, const char *why)
{
	int64_t now = clock_wall() / 1000;
	struct outage_state s = {.began = now, .said = now};
	bool busy = !log_is_heard();
	int fd = busy ? -1 : outage_open(dir, which, O_CREAT, &busy);
	bool known = outage_read(fd, &s);
	bool due = known && (now - s.said >= AGAIN_S || now < s.said);

	if (busy)
		return false;
	if (!known)
		log_warn("%s: %s", outages[which].is, why);
	else if (due)
		log_warn("%s for %" PRId64 " minutes: %s", outages[which].is,
			 seconds_since(s.began, now) / 60, why);
	if (due)
		s.said = now;
	if (fd >= 0 && (!known || due))
		outage_write(fd, &s);
	if (fd >= 0)
		close(fd);
	return !known || due;
}

void outage_end(struct state_dir *dir, enum outage which)
{
	struct outage_state s;
	bool busy;
	int fd = log_is_heard() ? outage_open(dir, which, 0, &busy) : -1;

	if (fd < 0)
		return;
	if (outage_read(fd, &s))
		log_warn("%s after %" PRId64 " minutes", outages[which].was,
			 (seconds_since(s.began, clock_wall() / 1000) + 59) /
				 60);
	state_dir_remove(dir, outages[which].file);
	close(fd);
}
