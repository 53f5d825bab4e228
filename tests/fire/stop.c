/* SPDX-License-Identifier: MIT */
/*
 * stop: preloaded into a sender, it stops the whole process where a request is
 * handed to libcurl, once when the file that $FIRE_STOP names begins with a 1.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static volatile char *wanted;

__attribute__((constructor)) static void map_wanted(void)
{
	const char *path = getenv("FIRE_STOP");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *map;

	if (fd < 0)
		return;
	map = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED)
		wanted = map;
	close(fd);
}

int curl_multi_add_handle(void *multi, void *easy)
{
	static int (*real)(void *, void *);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "curl_multi_add_handle");
	if (wanted && *wanted == '1') {
		*wanted = '0';
		kill(getpid(), SIGSTOP);
	}
	return real(multi, easy);
}
