/* SPDX-License-Identifier: MIT */
/*
 * conf_retired: a file with keys of earlier versions, which are this table's.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outside/conf.h"
#include "outside/conf_retired.h"

/* In place of the library's own. */
const struct conf_retired conf_retired[] = {
	{"sender", "patience", "use timeout"},
	{"gone", "first", "remove it"},
	{NULL, NULL, NULL},
};

enum { LOG_SIZE = 4096 };

/* The text written to standard error from now on, with a NUL at its end. */
static char *catch_log(void)
{
	int fd = memfd_create("log", 0);
	char *log;

	ck_assert(fd >= 0 && ftruncate(fd, LOG_SIZE) == 0);
	ck_assert(dup2(fd, STDERR_FILENO) == STDERR_FILENO);
	log = mmap(NULL, LOG_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	ck_assert(log != MAP_FAILED);
	close(fd);
	return log;
}

static enum err load(struct conf *c, const char *text)
{
	int fd = memfd_create("conf", 0);
	char path[64];
	enum err e;

	ck_assert(fd >= 0 && fchmod(fd, 0600) == 0);
	ck_assert(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	e = conf_load(c, path);
	close(fd);
	return e;
}

START_TEST(retired_keys_are_warnings)
{
	char *log = catch_log();
	struct conf c;

	ck_assert(!load(&c, "[sender]\npatience = any value = is good\n"
			    "timeout = 7s\n[gone]\nfirst = 1\n"));
	ck_assert_str_eq(log, "");
	ck_assert_int_eq(c.sender.timeout, 7000);
	ck_assert(conf_warn(&c));
	ck_assert(strstr(log, ":2: [sender] patience is a key of an earlier "
			      "version and has no effect: use timeout\n"));
	ck_assert(strstr(log, ":5: [gone] first "));
	conf_release(&c);
}
END_TEST

START_TEST(a_retired_section_may_stand_empty)
{
	struct conf c;

	ck_assert(!load(&c, "[gone]\n\n[sender]\n"));
	ck_assert(!conf_warn(&c));
	conf_release(&c);
}
END_TEST

START_TEST(other_keys_stay_unknown)
{
	static const char *const wrong[] = {
		"[sender]\nfirst = 1\n", "[gone]\npatience = 1\n",
		"[gone]\nsecond = 1\n", "[api]\npatience = 1\n"};
	struct conf c;

	catch_log();
	for (size_t i = 0; i < COUNT(wrong); i++) {
		ck_assert_int_eq(load(&c, wrong[i]), ERR_CONFIG);
		conf_release(&c);
	}
}
END_TEST

Suite *suite_conf_retired(void)
{
	Suite *s = suite_create("conf_retired");
	TCase *t = tcase_create("conf_retired");

	tcase_add_test(t, retired_keys_are_warnings);
	tcase_add_test(t, a_retired_section_may_stand_empty);
	tcase_add_test(t, other_keys_stay_unknown);
	suite_add_tcase(s, t);
	return s;
}
