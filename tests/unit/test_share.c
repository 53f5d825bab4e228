/* SPDX-License-Identifier: MIT */
/*
 * share: two processes, one of which works for an organization for a while.
 */
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "outside/conf.h"
#include "outside/crypt.h"
#include "rules/id.h"
#include "share.h"

enum { NOW = 1000000 };

static char folder[] = "/tmp/vyte-hooks-share-XXXXXX";
static struct conf conf;
static struct share *s;
static pid_t child;

static const unsigned char busy_key[CRYPT_HASH_SIZE] = "the busy one";
static const unsigned char other_key[CRYPT_HASH_SIZE] = "another one";
static const struct id busy = {.b = "0123abcdefgh"};
static const struct id other = {.b = "0123ijklmnop"};

static void setup(void)
{
	memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	conf.sender.state_dir = folder;
	s = share_open(&conf);
	ck_assert_ptr_nonnull(s);
	child = 0;
}

static void end_child(void)
{
	if (child) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	child = 0;
}

static void teardown(void)
{
	char command[80];

	end_child();
	share_close(s);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	ck_assert_int_eq(system(command), 0);
}

/* Another process works for the busy one, from NOW on. */
static void begin_beside(void)
{
	int ends[2];
	char done;

	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	if (!child) {
		struct share *own = share_open(&conf);

		share_begin(own, busy_key, &busy, NOW);
		(void)!write(ends[1], "x", 1);
		for (;;)
			pause();
	}
	ck_assert_int_eq(read(ends[0], &done, 1), 1);
	close(ends[0]);
	close(ends[1]);
}

static void somebody_else_asks(void)
{
	share_begin(s, other_key, &other, NOW);
	share_end(s, NOW + 1);
}

START_TEST(more_than_half_is_refused)
{
	begin_beside();
	somebody_else_asks();
	ck_assert(!share_refuses(s, busy_key, NOW + 900));
	ck_assert(share_refuses(s, busy_key, NOW + 1100));
	ck_assert(!share_refuses(s, other_key, NOW + 1100));
}
END_TEST

START_TEST(nobody_else_asks)
{
	begin_beside();
	ck_assert(!share_refuses(s, busy_key, NOW + 5000));
	somebody_else_asks();
	ck_assert(share_refuses(s, busy_key, NOW + 5000));
	/* And after a while nobody else does. */
	ck_assert(!share_refuses(s, busy_key, NOW + 3700 * 1000));
}
END_TEST

START_TEST(one_after_the_other_is_never_refused)
{
	somebody_else_asks();
	for (int i = 0; i < 100; i++) {
		ck_assert(!share_refuses(s, busy_key, NOW + 5000 * i));
		share_begin(s, busy_key, &busy, NOW + 5000 * i);
		share_end(s, NOW + 5000 * (i + 1));
	}
}
END_TEST

START_TEST(more_than_its_share_is_made_up_for)
{
	somebody_else_asks();
	share_begin(s, busy_key, &busy, NOW);
	share_end(s, NOW + 4000);
	begin_beside();
	/* The child counts as another process from here on. */
	ck_assert(share_refuses(s, busy_key, NOW + 4000));
	end_child();
	ck_assert(!share_refuses(s, busy_key, NOW + 4000));
	begin_beside();
	ck_assert(!share_refuses(s, other_key, NOW + 4000));
}
END_TEST

START_TEST(a_refusal_lasts_for_a_while)
{
	begin_beside();
	somebody_else_asks();
	ck_assert(share_refuses(s, busy_key, NOW + 1100));
	ck_assert(share_refuses(s, busy_key, NOW + 3000));
}
END_TEST

START_TEST(times_of_before_a_reboot_count_for_nothing)
{
	somebody_else_asks();
	share_begin(s, busy_key, &busy, NOW);
	share_end(s, NOW + 8000);
	ck_assert(!share_refuses(s, busy_key, 5));
	share_begin(s, busy_key, &busy, 5);
	share_end(s, 10);
}
END_TEST

START_TEST(without_a_table)
{
	static char nowhere[] = "/nonexistent/folder";

	ck_assert(!share_refuses(NULL, busy_key, NOW));
	share_begin(NULL, busy_key, &busy, NOW);
	share_end(NULL, NOW);
	share_close(NULL);
	conf.sender.state_dir = nowhere;
	ck_assert_ptr_null(share_open(&conf));
}
END_TEST

Suite *suite_share(void)
{
	Suite *suite = suite_create("share");
	TCase *tc = tcase_create("share");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, more_than_half_is_refused);
	tcase_add_test(tc, nobody_else_asks);
	tcase_add_test(tc, one_after_the_other_is_never_refused);
	tcase_add_test(tc, more_than_its_share_is_made_up_for);
	tcase_add_test(tc, a_refusal_lasts_for_a_while);
	tcase_add_test(tc, times_of_before_a_reboot_count_for_nothing);
	tcase_add_test(tc, without_a_table);
	suite_add_tcase(suite, tc);
	return suite;
}
