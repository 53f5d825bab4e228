/* SPDX-License-Identifier: MIT */
/*
 * lock: byte locks that belong to the open file (F_OFD_SETLK), which the
 * kernel drops when its last holder dies.
 */
#include "deliver/lock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "outside/crypt.h"

/* The places of owners' bytes: far after the first byte, within off_t. */
#define PLACE_MASK UINT64_C(0x3fffffffffffffff)
/* After all owners' bytes: locked while the file gets its mark. */
#define MARK_PLACE (PLACE_MASK + 2)
/* Locked for reading by each sender that waits for the first byte. */
#define QUEUE_PLACE (PLACE_MASK + 3)

enum { MARK_LEN = 16 };

static void short_hash(char out[9], const char *text)
{
	unsigned char hash[CRYPT_HASH_SIZE];

	crypt_sha256(hash, text, strlen(text));
	text_hex(out, hash, 4);
}

static struct flock byte_at(uint64_t place, short type)
{
	return (struct flock){.l_type = type,
			      .l_whence = SEEK_SET,
			      .l_start = (off_t)place,
			      .l_len = 1};
}

/* Whether another opening of the file has this byte locked. */
static bool is_locked(int fd, uint64_t place)
{
	struct flock f = byte_at(place, F_WRLCK);

	return fcntl(fd, F_OFD_GETLK, &f) != 0 || f.l_type != F_UNLCK;
}

static bool lock_set(struct lock *l, uint64_t place, short type)
{
	struct flock f = byte_at(place, type);

	return fcntl(l->fd, F_OFD_SETLK, &f) == 0;
}

/* Waits, since the holder will be done in a moment: it runs the same lines. */
static bool lock_soon(struct lock *l, uint64_t place)
{
	enum { TRIES = 50, PAUSE_MS = 10 };

	for (int i = 0; i < TRIES; i++) {
		if (lock_set(l, place, F_WRLCK))
			return true;
		clock_sleep(PAUSE_MS);
	}
	return false;
}

static bool has_mark(int fd, char mark[MARK_LEN + 1])
{
	bool whole = pread(fd, mark, MARK_LEN, 0) == MARK_LEN;

	mark[whole ? MARK_LEN : 0] = '\0';
	return whole;
}

/*
 * Reads the file's content, which is random and written once: two machines with
 * one name, both with a file of the same name, must not take each other's
 * owners for dead. "" when there is no file, or it cannot be written.
 */
static void read_mark(struct lock *l, char mark[MARK_LEN + 1])
{
	unsigned char random[MARK_LEN / 2];

	if (l->fd < 0 || has_mark(l->fd, mark) || !lock_soon(l, MARK_PLACE))
		return;
	if (!has_mark(l->fd, mark)) {
		crypt_random(random, sizeof(random));
		text_hex(mark, random, sizeof(random));
		if (pwrite(l->fd, mark, MARK_LEN, 0) != MARK_LEN)
			mark[0] = '\0';
	}
	lock_set(l, MARK_PLACE, F_UNLCK);
}

static void name_host(char host[LOCK_HOST_SIZE])
{
	if (gethostname(host, LOCK_HOST_SIZE) != 0)
		snprintf(host, LOCK_HOST_SIZE, "localhost");
	host[LOCK_HOST_SIZE - 1] = '\0';
}

static void name_place(char out[LOCK_OWNER_SIZE], const char *host,
		       const struct state_dir *state, const char *mark)
{
	char key[1024], hash[9];

	snprintf(key, sizeof(key), "%s|%s|%s|%s", host,
		 state->path ? state->path : "", state->name, mark);
	short_hash(hash, key);
	snprintf(out, LOCK_OWNER_SIZE, "%.32s-%s:", host, hash);
}

static enum err open_file(struct lock *l, const struct conf *conf)
{
	enum err e = state_dir_open(&l->state, conf, true);

	if (!e)
		l->fd = state_dir_file(&l->state, "lock", O_RDWR | O_CREAT);
	return l->fd < 0 ? ERR_CONFIG : ERR_OK;
}

enum err lock_open(struct lock *l, const struct conf *conf, bool needed)
{
	char mark[MARK_LEN + 1] = "";

	*l = (struct lock){.fd = -1};
	if (open_file(l, conf) != ERR_OK && needed) {
		log_error("%s: %s ([sender] state_dir)",
			  l->state.path ? l->state.path : "no folder",
			  l->state.why);
		return ERR_CONFIG;
	}
	name_host(l->host);
	read_mark(l, mark);
	name_place(l->prefix, l->host, &l->state, mark);
	return ERR_OK;
}

void lock_look(struct state_dir *dir, struct lock_look *out)
{
	char mark[MARK_LEN + 1];
	int fd = state_dir_file(dir, "lock", O_RDONLY);

	*out = (struct lock_look){
		.taken = fd >= 0 &&
			 (is_locked(fd, 0) || is_locked(fd, QUEUE_PLACE))};
	name_host(out->host);
	if (fd >= 0 && !out->taken && has_mark(fd, mark))
		name_place(out->place, out->host, dir, mark);
	if (fd >= 0)
		close(fd);
}

void lock_close(struct lock *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	state_dir_close(&l->state);
}

bool lock_try(struct lock *l)
{
	return lock_set(l, 0, F_WRLCK);
}

void lock_give_up(struct lock *l)
{
	lock_set(l, 0, F_UNLCK);
}

bool lock_taken(const struct lock *l)
{
	return is_locked(l->fd, 0);
}

void lock_queue(struct lock *l, bool waits)
{
	lock_set(l, QUEUE_PLACE, waits ? F_RDLCK : F_UNLCK);
}

bool lock_wanted(struct lock *l)
{
	return is_locked(l->fd, QUEUE_PLACE);
}

static uint64_t lock_place(uint64_t nonce)
{
	return (nonce & PLACE_MASK) + 1;
}

void lock_owner(struct lock *l, char owner[LOCK_OWNER_SIZE])
{
	uint64_t nonce;

	crypt_random(&nonce, sizeof(nonce));
	if (l->fd >= 0 && lock_set(l, lock_place(nonce), F_WRLCK))
		snprintf(owner, LOCK_OWNER_SIZE, "%.42s%016" PRIx64, l->prefix,
			 nonce);
	else
		snprintf(owner, LOCK_OWNER_SIZE, "-%.32s:%016" PRIx64, l->host,
			 nonce);
}

bool lock_alive(void *arg, const char *owner)
{
	struct lock *l = arg;
	const char *digits = strrchr(owner, ':');
	uint64_t nonce;
	char *end;

	if (!digits)
		return true;
	nonce = strtoull(digits + 1, &end, 16);
	if (*end)
		return true;
	return is_locked(l->fd, lock_place(nonce));
}
