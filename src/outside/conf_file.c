/* SPDX-License-Identifier: MIT */
/*
 * conf_file: the order in which the configuration is looked for, and modes.
 */
#include "outside/conf_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/self.h"

static const char installed[] = SYSCONFDIR "/vyte-hooks/hooks.conf";

/* A file that is there and cannot be read counts, so that this is reported. */
static bool exists(const char *path)
{
	return access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* In a bundle that was unpacked anywhere; NULL: there is none. */
static char *find_beside(void)
{
	static const char name[] = "/etc/hooks.conf";
	char path[SELF_PATH_SIZE + sizeof(name)];
	char *slash;

	if (!self_folder(path))
		return NULL;
	slash = strrchr(path, '/');
	if (!slash)
		return NULL;
	memcpy(slash, name, sizeof(name));
	return exists(path) ? xstrdup(path) : NULL;
}

char *conf_file_find(const char *given, bool *beside)
{
	char *path;

	*beside = false;
	if (!given)
		given = getenv("HOOKS_CONFIG");
	if (given && *given)
		return xstrdup(given);
	path = exists(installed) ? NULL : find_beside();
	*beside = path != NULL;
	return path ? path : xstrdup(installed);
}

/*
 * Nobody has named the file beside the program. Where others may make folders
 * beside the program's own, as in /tmp, it could be theirs.
 */
const char *conf_file_refuse(const struct stat *st, bool beside)
{
	struct stat self;

	if (st->st_mode & S_IWOTH)
		return "can be written by everybody (chmod o-w it)";
	if (!beside || st->st_uid == 0 || st->st_uid == geteuid() ||
	    (stat("/proc/self/exe", &self) == 0 && st->st_uid == self.st_uid))
		return NULL;
	return "belongs neither to this user nor to the program's owner (name "
	       "it with -c or HOOKS_CONFIG)";
}

const char *conf_file_refuse_secret(const struct stat *st)
{
	bool readable = st->st_mode & S_IROTH, writable = st->st_mode & S_IWOTH;

	if (readable && writable)
		return "can be read and written by everybody (chmod o-rw it)";
	if (writable)
		return "can be written by everybody (chmod o-w it)";
	return readable ? "can be read by everybody (chmod o-r it)" : NULL;
}
