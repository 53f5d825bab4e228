/* SPDX-License-Identifier: MIT */
/*
 * state_dir: finds the folder, and checks whose it is.
 */
#include "outside/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/self.h"
#include "base/text.h"
#include "outside/conf.h"
#include "outside/crypt.h"

enum { PATH_SIZE = SELF_PATH_SIZE + 32 };

static const char installed[] = LOCALSTATEDIR "/lib/vyte-hooks";

/* ---- where ---- */

/* The folder that a bundle was unpacked to, if the configuration is the
 * bundle's. */
static bool find_bundle(const struct conf *conf, char root[SELF_PATH_SIZE])
{
	char path[PATH_SIZE];
	struct stat ours, bundles;
	char *slash;

	if (!self_folder(root))
		return false;
	slash = strrchr(root, '/');
	if (!slash)
		return false;
	*slash = '\0';
	snprintf(path, sizeof(path), "%s/etc/hooks.conf", root);
	return stat(path, &bundles) == 0 && stat(conf->file, &ours) == 0 &&
	       ours.st_dev == bundles.st_dev && ours.st_ino == bundles.st_ino;
}

static bool is_ours(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
	       st.st_uid == geteuid();
}

/* $HOME may be missing, as in a crontab's `env -i`, or another user's, as below
 * sudo. */
static const char *home(void)
{
	const struct passwd *user = getpwuid(geteuid());

	return user && user->pw_dir && *user->pw_dir == '/' ? user->pw_dir
							    : NULL;
}

static char *find_path(const struct conf *conf, bool *bundle)
{
	char root[SELF_PATH_SIZE], path[PATH_SIZE];
	const char *at;

	*bundle = false;
	if (*conf->sender.state_dir)
		return xstrdup(conf->sender.state_dir);
	*bundle = find_bundle(conf, root);
	if (*bundle) {
		snprintf(path, sizeof(path), "%s/var", root);
		return xstrdup(path);
	}
	if (is_ours(installed))
		return xstrdup(installed);
	at = home();
	if (!at)
		return NULL;
	snprintf(path, sizeof(path), "%s/.vyte-hooks", at);
	return xstrdup(path);
}

/* ---- whose ---- */

static enum err refuse(struct state_dir *s, const char *why)
{
	snprintf(s->why, sizeof(s->why), "%s", why);
	return ERR_CONFIG;
}

/* The archive of a bundle is not always unpacked with its modes. */
static enum err check_folder(struct state_dir *s, bool bundle)
{
	struct stat st;

	if (fstat(s->fd, &st) != 0)
		return refuse(s, strerror(errno));
	s->foreign = st.st_uid != geteuid();
	if (s->foreign)
		return refuse(s, "belongs to another user");
	if ((st.st_mode & 07777) == 0700 ||
	    (bundle && fchmod(s->fd, 0700) == 0))
		return ERR_OK;
	return refuse(s, "is not for this user alone (chmod 700 it)");
}

static int open_folder(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* A folder of another user, as it should be, cannot even be opened. */
static enum err cannot_open(struct state_dir *s, int number)
{
	struct stat st;

	s->foreign = number == EACCES && lstat(s->path, &st) == 0 &&
		     S_ISDIR(st.st_mode) && st.st_uid != geteuid();
	if (s->foreign)
		return refuse(s, "belongs to another user");
	return refuse(s, number == ENOTDIR || number == ELOOP
				 ? "is not a folder"
				 : strerror(number));
}

static void name_files(struct state_dir *s, const char *what, const char *key)
{
	unsigned char hash[CRYPT_HASH_SIZE];
	char digits[9];

	crypt_sha256(hash, key, strlen(key));
	text_hex(digits, hash, 4);
	snprintf(s->name, sizeof(s->name), "%s-%s", what, digits);
}

static void name_after_database(struct state_dir *s, const struct conf *conf)
{
	char key[1024];

	snprintf(key, sizeof(key), "%s|%s|%llu|%s", conf->database.socket,
		 conf->database.host, (unsigned long long)conf->database.port,
		 conf->database.name);
	name_files(s, "send", key);
}

void state_dir_name_after(struct state_dir *s, const char *conf_file)
{
	name_files(s, "conf", conf_file);
}

enum err state_dir_open(struct state_dir *s, const struct conf *conf, bool make)
{
	bool bundle;

	*s = (struct state_dir){.fd = -1, .path = find_path(conf, &bundle)};
	name_after_database(s, conf);
	if (!s->path)
		return refuse(s, "this user has no home directory");
	s->fd = open_folder(s->path);
	s->missing = s->fd < 0 && errno == ENOENT;
	if (s->missing && make &&
	    (mkdir(s->path, 0700) == 0 || errno == EEXIST))
		s->fd = open_folder(s->path);
	if (s->fd < 0)
		return cannot_open(s, errno);
	if (check_folder(s, bundle) == ERR_OK)
		return ERR_OK;
	close(s->fd);
	s->fd = -1;
	return ERR_CONFIG;
}

void state_dir_close(struct state_dir *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	free(s->path);
	s->path = NULL;
}

/* ---- files ---- */

static void file_name(const struct state_dir *s, const char *what,
		      char out[STATE_DIR_NAME_SIZE * 2])
{
	snprintf(out, (size_t)STATE_DIR_NAME_SIZE * 2, "%s.%s", s->name, what);
}

/* Nothing that has its name may make open(2) wait, such as a FIFO. */
int state_dir_file(struct state_dir *s, const char *what, int flags)
{
	char name[STATE_DIR_NAME_SIZE * 2];
	const char *why = NULL;
	struct stat st;
	int fd;

	file_name(s, what, name);
	fd = openat(s->fd, name,
		    flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
		    0600);
	if (fd < 0 || fstat(fd, &st) != 0)
		why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		why = "is not a file";
	else if (st.st_uid != geteuid())
		why = "belongs to another user";
	else if (st.st_nlink > 1)
		why = "has a second name";
	if (!why)
		return fd;
	snprintf(s->why, sizeof(s->why), "%s: %s", name, why);
	if (fd >= 0)
		close(fd);
	return -1;
}

void state_dir_remove(const struct state_dir *s, const char *what)
{
	char name[STATE_DIR_NAME_SIZE * 2];

	file_name(s, what, name);
	unlinkat(s->fd, name, 0);
}
