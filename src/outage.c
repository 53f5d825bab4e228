/*
 * outage: a file that exists while the database is away and holds when that
 * began and when it was last said, in seconds.
 */
#include "outage.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "log.h"

enum { AGAIN_S = 3600 };

struct state {
	int64_t began, said;
};

static void state_path(struct buf *path, const char *lock_path)
{
	buf_init(path, 4096);
	buf_puts(path, lock_path);
	buf_puts(path, ".outage");
}

static bool read_state(const char *path, struct state *out)
{
	char text[64] = "", *end;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	out->began = strtoll(text, &end, 10);
	out->said = strtoll(end, NULL, 10);
	return true;
}

static void write_state(const char *path, const struct state *s)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "%" PRId64 " %" PRId64 "\n",
			 s->began, s->said);
	int fd = open(path,
		      O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		      0600);

	if (fd < 0 || write(fd, text, (size_t)n) != n)
		log_warn("%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

void outage_note(const char *lock_path, const char *why)
{
	int64_t now = clock_wall() / 1000;
	struct state s = {.began = now, .said = now};
	struct buf path;
	bool known;

	state_path(&path, lock_path);
	known = read_state(path.data, &s);
	if (!known) {
		log_error("the database cannot be reached: %s", why);
	} else if (now - s.said >= AGAIN_S) {
		log_error("the database cannot be reached since %" PRId64
			  " minutes: %s",
			  (now - s.began) / 60, why);
		s.said = now;
	}
	if (!known || s.said == now)
		write_state(path.data, &s);
	buf_release(&path);
}

void outage_end(const char *lock_path)
{
	struct state s;
	struct buf path;

	state_path(&path, lock_path);
	if (read_state(path.data, &s)) {
		log_error("the database is back after %" PRId64 " minutes",
			  (clock_wall() / 1000 - s.began + 59) / 60);
		unlink(path.data);
	}
	buf_release(&path);
}
