/* SPDX-License-Identifier: MIT */
/*
 * spawn: two forks, so that the sender is not our child, and a pipe that closes
 * when it runs.
 */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/self.h"

enum {
	PATH_SIZE = SELF_PATH_SIZE,
	STATUS = 3, /* the pipe's descriptor in the child */
	DESCRIPTORS_MAX = 65536
};

/* The part of our environment that the sender may need. Nothing that came with
 * a request: under plain CGI that includes the API key. */
static const char *const kept[] = {"PATH", "HOME", "LD_LIBRARY_PATH", "TMPDIR"};

enum { KEPT = sizeof(kept) / sizeof(kept[0]) };

/* ---- finding the program ---- */

static bool is_there(char path[PATH_SIZE], const char *folder, const char *from)
{
	int n = snprintf(path, PATH_SIZE, "%s%s/hooks-send", folder, from);

	return n < PATH_SIZE && access(path, X_OK) == 0;
}

/* The sender is beside us in a build tree, in the folder where it was
 * installed, or in the same place of an installation that was moved as a whole.
 */
static bool find_sender(char path[PATH_SIZE])
{
	char own[PATH_SIZE];
	bool known = self_folder(own);

	return (known && is_there(path, own, "")) ||
	       is_there(path, BINDIR, "") ||
	       (known && is_there(path, own, "/../../bin"));
}

/* ---- in the child: no allocation and no locks ---- */

static void reset_signals(void)
{
	struct sigaction initial = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int number = 1; number < 32; number++)
		sigaction(number, &initial, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool close_all(int status)
{
	int null = open("/dev/null", O_RDWR);
	/* Moves it out of the way of the pipe's descriptor. */
	int away = fcntl(status, F_DUPFD, STATUS + 1);

	if (null < 0 || away < 0)
		return false;
	for (int fd = 0; fd < STATUS; fd++)
		dup2(null, fd);
	dup2(away, STATUS);
	fcntl(STATUS, F_SETFD, FD_CLOEXEC);
#ifdef HAVE_CLOSEFROM
	closefrom(STATUS + 1);
#else
	for (int fd = STATUS + 1; fd < DESCRIPTORS_MAX; fd++)
		close(fd);
#endif
	return true;
}

__attribute__((noreturn)) static void give_up(int status)
{
	int number = errno;

	_exit(write(status, &number, sizeof(number)) < 0 ? 1 : 0);
}

__attribute__((noreturn)) static void become(const char *path,
					     char *const *argv,
					     char *const *env, int status)
{
	pid_t pid = setsid() < 0 ? -1 : fork();

	if (pid > 0)
		_exit(0);
	if (pid < 0)
		give_up(status);
	reset_signals();
	if (!close_all(status))
		give_up(status);
	execve(path, argv, env);
	give_up(STATUS);
}

/* ---- in the parent ---- */

static enum err cannot_start(const char *what, int number)
{
	log_error("the sender could not be started: %s: %s", what,
		  strerror(number));
	return ERR_INTERNAL;
}

/* The pipe ends without a message when the program runs. */
static enum err wait_for(pid_t child, int status, const char *path)
{
	int number = 0;
	ssize_t n;

	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	do
		n = read(status, &number, sizeof(number));
	while (n < 0 && errno == EINTR);
	return n == sizeof(number) ? cannot_start(path, number) : ERR_OK;
}

static void keep_environment(char text[KEPT][PATH_SIZE], char *env[KEPT + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < KEPT; i++) {
		const char *value = getenv(kept[i]);

		if (value && snprintf(text[n], PATH_SIZE, "%s=%s", kept[i],
				      value) < PATH_SIZE) {
			env[n] = text[n];
			n++;
		}
	}
	env[n] = NULL;
}

enum err spawn_sender(const char *config, enum spawn_until until)
{
	char text[KEPT][PATH_SIZE], path[PATH_SIZE], file[PATH_SIZE];
	static char name[] = "hooks-send", option[] = "-c";
	static char idle[] = "--idle=15s";
	char *argv[] = {name, option, file, until == SPAWN_IDLE ? idle : NULL,
			NULL};
	char *env[KEPT + 1];
	int ends[2];
	pid_t child;
	enum err e;

	if (!find_sender(path))
		return cannot_start(BINDIR "/hooks-send", ENOENT);
	if (snprintf(file, sizeof(file), "%s", config) >= PATH_SIZE)
		return cannot_start(config, ENAMETOOLONG);
	keep_environment(text, env);
	if (pipe2(ends, O_CLOEXEC) != 0)
		return cannot_start("pipe", errno);
	child = fork();
	if (child == 0)
		become(path, argv, env, ends[1]);
	close(ends[1]);
	e = child < 0 ? cannot_start("fork", errno)
		      : wait_for(child, ends[0], path);
	close(ends[0]);
	return e;
}
