/* SPDX-License-Identifier: MIT */
/*
 * self: asks the kernel about this process.
 */
#include "base/self.h"

#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
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

/* The leak check of AddressSanitizer looks into its own process. */
#if defined(__SANITIZE_ADDRESS__)
#define MAY_BE_LOOKED_INTO 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MAY_BE_LOOKED_INTO 1
#endif
#endif

/* Where core_pattern pipes dumps to a program the kernel ignores the limit. */
void self_keep_secrets(void)
{
	const struct rlimit none = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &none);
#ifndef MAY_BE_LOOKED_INTO
	(void)prctl(PR_SET_DUMPABLE, 0);
#endif
}

/* A container or taskset may leave fewer than the machine has. */
unsigned self_cores(void)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t allowed;
	int count = 0;

	CPU_ZERO(&allowed);
	if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0)
		count = CPU_COUNT(&allowed);
	if (count < 1) /* more cores than a cpu_set_t holds */
		count = (int)online;
	return count < 1 ? 1 : (unsigned)count;
}
