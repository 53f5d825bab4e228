/* SPDX-License-Identifier: MIT */
/*
 * wakeup: one byte through a FIFO, or none.
 */
#include "outside/wakeup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

enum {
	NAME_SIZE = STATE_DIR_NAME_SIZE * 2,
	AGAIN_MS = 10000, /* between looks for what is not there */
	MARK_SIZE = 80,
	LATELY_MS = 24 * 3600 * 1000
};

/* Only this user can have made it, as the folder is this user's alone. */
static bool is_fifo(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) &&
	       st.st_uid == geteuid();
}

static int open_fifo(const struct state_dir *dir, const char *name, int flags)
{
	int fd = openat(dir->fd, name,
			flags | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || is_fifo(fd))
		return fd;
	close(fd);
	errno = EEXIST;
	return -1;
}

/* ---- the sender ---- */

/* Opened for writing, too, or it would have an end whenever no publisher has it
 * open. It gets its name when it is ready. */
int wakeup_listen(const struct state_dir *dir)
{
	char name[NAME_SIZE], fresh[NAME_SIZE];
	int fd;

	snprintf(name, sizeof(name), "%s.wake", dir->name);
	snprintf(fresh, sizeof(fresh), "%s.new", dir->name);
	if (dir->fd < 0)
		return -1;
	unlinkat(dir->fd, fresh, 0);
	if (mkfifoat(dir->fd, fresh, 0600) != 0)
		return -1;
	fd = open_fifo(dir, fresh, O_RDWR);
	if (fd >= 0 && renameat(dir->fd, fresh, dir->fd, name) != 0) {
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		unlinkat(dir->fd, fresh, 0);
	return fd;
}

/* ---- publishers ---- */

void wakeup_init(struct wakeup *w)
{
	*w = (struct wakeup){.dir.fd = -1};
}

void wakeup_release(struct wakeup *w)
{
	state_dir_close(&w->dir);
}

/* ---- marks ---- */

static void name_mark(const struct state_dir *dir, char name[MARK_SIZE])
{
	snprintf(name, MARK_SIZE, "/vyte-hooks-%lu-%s-apart",
		 (unsigned long)geteuid(), dir->name);
}

void wakeup_apart(const struct state_dir *dir)
{
	char name[MARK_SIZE];
	int fd;

	name_mark(dir, name);
	fd = shm_open(name, O_RDWR | O_CREAT, 0600);
	if (fd < 0)
		return;
	(void)futimens(fd, NULL);
	close(fd);
}

static void remove_mark(const struct state_dir *dir)
{
	char name[MARK_SIZE];

	name_mark(dir, name);
	shm_unlink(name);
}

/* Everybody may write there: a mark is its owner's word only. */
static bool see_mark(int shm, const char *file, const char *whose, uid_t *user,
		     int64_t *ago_ms)
{
	char expected[MARK_SIZE];
	struct stat st;

	if (fstatat(shm, file, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	snprintf(expected, sizeof(expected), "vyte-hooks-%lu-%s-apart",
		 (unsigned long)st.st_uid, whose);
	if (strcmp(file, expected) != 0 || st.st_uid == geteuid())
		return false;
	*user = st.st_uid;
	*ago_ms = clock_wall() - (int64_t)st.st_mtime * 1000;
	return *ago_ms < LATELY_MS;
}

bool wakeup_missed(const struct conf *conf, uid_t *user, int64_t *ago_ms)
{
	struct state_dir dir;
	struct dirent *file;
	DIR *shm = opendir("/dev/shm");
	bool found = false;

	if (!shm)
		return false;
	(void)state_dir_open(&dir, conf, false);
	while (!found && (file = readdir(shm)))
		found = see_mark(dirfd(shm), file->d_name, dir.name, user,
				 ago_ms);
	state_dir_close(&dir);
	closedir(shm);
	return found;
}

/* ---- waking ---- */

static bool find_folder(struct wakeup *w, const struct conf *conf)
{
	if (w->dir.fd >= 0)
		return true;
	if (clock_monotonic() < w->next)
		return false;
	w->next = clock_monotonic() + AGAIN_MS;
	state_dir_close(&w->dir);
	if (state_dir_open(&w->dir, conf, false) != ERR_OK) {
		wakeup_apart(&w->dir);
		return false;
	}
	remove_mark(&w->dir);
	return true;
}

/* Opened for reading, too, so that no SIGPIPE comes when the sender ends. */
void wakeup_send(struct wakeup *w, const struct conf *conf)
{
	char name[NAME_SIZE];
	int fd;

	if (!find_folder(w, conf))
		return;
	snprintf(name, sizeof(name), "%s.wake", w->dir.name);
	fd = open_fifo(&w->dir, name, O_RDWR);
	if (fd < 0) {
		/* The folder may be another one now. */
		if (errno == ENOENT && clock_monotonic() >= w->next) {
			state_dir_close(&w->dir);
			(void)find_folder(w, conf);
		}
		return;
	}
	/* When it is full, the sender has been called already. */
	if (write(fd, "", 1) < 0)
		errno = 0;
	close(fd);
}
