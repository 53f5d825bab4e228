/* SPDX-License-Identifier: MIT */
/*
 * self: what the kernel says of this process.
 */
#include "base/self.h"

#include <string.h>
#include <unistd.h>

bool self_folder(char path[SELF_PATH_SIZE])
{
	ssize_t n = readlink("/proc/self/exe", path, SELF_PATH_SIZE);
	char *slash;

	if (n <= 0 || n == SELF_PATH_SIZE)
		return false;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return false;
	*slash = '\0';
	return true;
}
