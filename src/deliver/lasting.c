/* SPDX-License-Identifier: MIT */
/*
 * lasting: the file, one line for each message.
 */
#include "deliver/lasting.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "outside/conf.h"
#include "outside/crypt.h"
#include "outside/state_dir.h"

enum {
	AGAIN_S = 3600,
	QUIET_S = 300, /* until something that failed no run is over */
	LINES_MAX = 32,
	TEXT_MAX = 400,
	FILE_MAX = LINES_MAX * (TEXT_MAX + 80),
	TRIES = 20, /* for the file's lock, which others have for a moment */
	PAUSE_MS = 5
};

#define TIME_S_MAX UINT64_C(100000000000)

struct said {
	char key[17];		    /* of the text */
	uint64_t began, said, seen; /* seconds */
	bool fatal;		    /* a run failed with it */
	char text[TEXT_MAX];	    /* as much as fits */
};

static struct {
	const struct conf *conf;
	uint64_t since; /* when this run began */
} lasting;

static uint64_t now_s(void)
{
	int64_t now = clock_wall() / 1000;

	return now > 0 ? (uint64_t)now : 0;
}

/* ---- the file ---- */

/* Works with a configuration that is incomplete; makes no folder. */
static int lasting_open(int flags)
{
	struct state_dir dir;
	int fd = -1;

	if (state_dir_open(&dir, lasting.conf, false) == ERR_OK) {
		state_dir_name_after(&dir, lasting.conf->file);
		fd = state_dir_file(&dir, "said", O_RDWR | flags);
	}
	state_dir_close(&dir);
	for (int i = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0; i++) {
		if (i == TRIES) {
			close(fd);
			return -1;
		}
		clock_sleep(PAUSE_MS);
	}
	return fd;
}

static char *next_field(char **at)
{
	char *field = *at, *end = strchr(field, ' ');

	if (!end)
		return NULL;
	*end = '\0';
	*at = end + 1;
	return field;
}

/* "KEY BEGAN SAID SEEN FATAL TEXT" */
static bool parse_line(char *line, struct said *s)
{
	char *key = next_field(&line), *began, *said, *seen, *fatal;
	uint64_t yes;

	began = key ? next_field(&line) : NULL;
	said = began ? next_field(&line) : NULL;
	seen = said ? next_field(&line) : NULL;
	fatal = seen ? next_field(&line) : NULL;
	if (!fatal || strlen(key) != sizeof(s->key) - 1 ||
	    strlen(line) >= sizeof(s->text) ||
	    !text_uint(began, TIME_S_MAX, &s->began) ||
	    !text_uint(said, TIME_S_MAX, &s->said) ||
	    !text_uint(seen, TIME_S_MAX, &s->seen) ||
	    !text_uint(fatal, 1, &yes))
		return false;
	memcpy(s->key, key, sizeof(s->key));
	s->fatal = yes;
	memcpy(s->text, line, strlen(line) + 1);
	return true;
}

static size_t read_lines(int fd, struct said list[LINES_MAX])
{
	static char text[FILE_MAX + 1];
	ssize_t got = pread(fd, text, FILE_MAX, 0);
	char *line = text, *end;
	size_t n = 0;

	if (got <= 0)
		return 0;
	text[got] = '\0';
	for (; n < LINES_MAX && (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		if (parse_line(line, &list[n]))
			n++;
	}
	return n;
}

static void write_lines(int fd, const struct said *list, size_t n)
{
	static char text[FILE_MAX + 1];
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(
			text + len, sizeof(text) - len,
			"%s %" PRIu64 " %" PRIu64 " %" PRIu64 " %d %s\n",
			list[i].key, list[i].began, list[i].said, list[i].seen,
			list[i].fatal, list[i].text);
	if (pwrite(fd, text, len, 0) != (ssize_t)len ||
	    ftruncate(fd, (off_t)len) != 0)
		log_warn("a report could not be noted: %s", strerror(errno));
}

/* ---- messages ---- */

/* One line, whatever is in it; the log escapes it. */
static void note_text(struct said *s, const char *text)
{
	unsigned char hash[CRYPT_HASH_SIZE];

	crypt_sha256(hash, text, strlen(text));
	text_hex(s->key, hash, 8);
	snprintf(s->text, sizeof(s->text), "%s", text);
	for (char *c = s->text; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
}

/* A place for a message that was not noted yet; the one that was seen least
 * recently makes room. */
static struct said *make_line(struct said list[LINES_MAX], size_t *n)
{
	struct said *oldest = list;

	if (*n < LINES_MAX)
		return &list[(*n)++];
	for (size_t i = 1; i < LINES_MAX; i++)
		if (list[i].seen < oldest->seen)
			oldest = &list[i];
	return oldest;
}

static bool is_due(const struct said *s, uint64_t now)
{
	return now < s->said || now - s->said >= AGAIN_S;
}

static bool note_line(int fd, const char *text)
{
	static struct said list[LINES_MAX];
	struct said fresh = {0}, *s = NULL;
	size_t n = read_lines(fd, list);
	uint64_t now = now_s();
	bool due;

	note_text(&fresh, text);
	for (size_t i = 0; i < n && !s; i++)
		if (strcmp(list[i].key, fresh.key) == 0)
			s = &list[i];
	if (!s) {
		s = make_line(list, &n);
		*s = fresh;
		s->began = now;
	}
	due = is_due(s, now);
	if (due)
		s->said = now;
	s->seen = now;
	write_lines(fd, list, n);
	return due;
}

/* Somebody at a terminal is told each time. */
static bool lasting_keep(const char *text)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	bool keep;
	int fd;

	if (isatty(STDERR_FILENO))
		return true;
	pthread_mutex_lock(&lock);
	fd = lasting_open(O_CREAT);
	keep = fd < 0 || note_line(fd, text);
	if (fd >= 0)
		close(fd);
	pthread_mutex_unlock(&lock);
	return keep;
}

void lasting_begin(const struct conf *conf)
{
	lasting.conf = conf;
	lasting.since = now_s();
	log_filter(lasting_keep);
}

/* ---- the end ---- */

static bool has_ended(const struct said *s, uint64_t now)
{
	return s->seen < lasting.since &&
	       (s->fatal || now < s->seen || now - s->seen >= QUIET_S);
}

static void settle_lines(int fd, bool failed)
{
	static struct said list[LINES_MAX];
	size_t n = read_lines(fd, list), kept = 0;
	uint64_t now = now_s();

	for (size_t i = 0; i < n; i++) {
		struct said *s = &list[i];

		if (!failed && has_ended(s, now)) {
			log_warn("over after %" PRIu64 " minutes: %s",
				 now > s->began ? (now - s->began + 59) / 60
						: 0,
				 s->text);
			continue;
		}
		s->fatal |= failed && s->seen >= lasting.since;
		list[kept++] = *s;
	}
	if (n)
		write_lines(fd, list, kept);
}

void lasting_end(bool failed)
{
	int fd = lasting_open(0);

	if (fd < 0)
		return;
	settle_lines(fd, failed);
	close(fd);
}
