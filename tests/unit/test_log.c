/* SPDX-License-Identifier: MIT */
/*
 * log: lines that nobody reads do not stop the program.
 */
#include "unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

/* Whether a write waits is the test's own affair, not the log's. */
static void fill(int fd)
{
	char block[4096];
	int flags = fcntl(fd, F_GETFL);

	memset(block, 'x', sizeof(block));
	ck_assert_int_eq(fcntl(fd, F_SETFL, flags | O_NONBLOCK), 0);
	while (write(fd, block, sizeof(block)) > 0)
		;
	ck_assert_int_eq(fcntl(fd, F_SETFL, flags), 0);
}

static void drain(int fd)
{
	char block[4096];

	ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	while (read(fd, block, sizeof(block)) > 0)
		;
}

static void check_drops(int reading, int writing)
{
	static const char expected[] =
		"hooks: 3 lines before this one could not be written\n"
		"hooks: later\n";
	char got[sizeof(expected)] = "";
	ssize_t n;

	ck_assert(dup2(writing, STDERR_FILENO) == STDERR_FILENO);
	fill(STDERR_FILENO);
	for (int i = 0; i < 3; i++)
		log_error("too much");
	drain(reading);
	log_error("later");
	n = recv(reading, got, sizeof(got) - 1, MSG_WAITALL);
	if (n < 0) /* not a socket */
		n = read(reading, got, sizeof(got) - 1);
	ck_assert_int_eq(n, (int)sizeof(expected) - 1);
	ck_assert_str_eq(got, expected);
	ck_assert(!(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK));
}

START_TEST(a_full_pipe_does_not_stop_it)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	check_drops(ends[0], ends[1]);
}
END_TEST

START_TEST(a_full_socket_does_not_stop_it)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	check_drops(ends[0], ends[1]);
}
END_TEST

START_TEST(a_closed_pipe_does_not_end_it)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert(dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
	close(ends[0]);
	log_error("nobody hears it");
}
END_TEST

Suite *suite_log(void)
{
	Suite *s = suite_create("log");
	TCase *t = tcase_create("log");

	tcase_add_test(t, a_full_pipe_does_not_stop_it);
	tcase_add_test(t, a_full_socket_does_not_stop_it);
	tcase_add_test(t, a_closed_pipe_does_not_end_it);
	suite_add_tcase(s, t);
	return s;
}
