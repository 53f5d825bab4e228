/* SPDX-License-Identifier: MIT */
/*
 * conf_key: reads a key file, and checks who else may read it.
 */
#include "outside/conf_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outside/conf_file.h"
#include "outside/crypt.h"

/* One byte more than there should be, to see that there is none. */
static bool read_all(int fd, unsigned char *out, size_t max, size_t *n)
{
	ssize_t got;

	for (*n = 0; *n < max; *n += (size_t)got) {
		got = read(fd, out + *n, max - *n);
		if (got < 0)
			return false;
		if (!got)
			break;
	}
	return true;
}

static const char *check(int fd, unsigned char bytes[CONF_KEY_SIZE + 1])
{
	const char *why;
	struct stat st;
	size_t n;

	if (fstat(fd, &st) != 0 || !read_all(fd, bytes, CONF_KEY_SIZE + 1, &n))
		return strerror(errno);
	why = conf_file_refuse_secret(&st);
	if (why)
		return why;
	if (n != CONF_KEY_SIZE)
		return "is not a file of exactly 32 bytes (make one with: "
		       "head -c 32 /dev/urandom)";
	return NULL;
}

const char *conf_key_read(const char *path, unsigned char key[CONF_KEY_SIZE])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned char bytes[CONF_KEY_SIZE + 1];
	const char *why;

	if (fd < 0)
		return strerror(errno);
	why = check(fd, bytes);
	if (!why)
		memcpy(key, bytes, CONF_KEY_SIZE);
	crypt_wipe(bytes, sizeof(bytes));
	close(fd);
	return why;
}
