/* SPDX-License-Identifier: MIT */
/*
 * match: the names of an action, and the bounds of a time.
 */
#include "unit.h"

#include <string.h>

#include "rules/match.h"

#define USER "60af5269459aad001d0cb501"

static void names_are(const char *action, const char *const *want, size_t n)
{
	struct match_names names;

	match_names(&names, action);
	ck_assert_uint_eq(names.count, n);
	for (size_t i = 0; i < n; i++)
		ck_assert_str_eq(names.name[i], want[i]);
}

#define NAMES_ARE(action, ...)                                                 \
	names_are(action, (const char *const[]){__VA_ARGS__},                  \
		  COUNT(((const char *const[]){__VA_ARGS__})))

START_TEST(every_prefix_is_a_wildcard)
{
	NAMES_ARE("event.created", "event.created", "event.*", "*");
	NAMES_ARE("a.b.c", "a.b.c", "a.b.*", "a.*", "*");
	NAMES_ARE("alone", "alone", "*");
}
END_TEST

START_TEST(operational_actions_match_by_their_name)
{
	NAMES_ARE("hook.disabled", "hook.disabled");
	NAMES_ARE("delivery.failed", "delivery.failed");
	NAMES_ARE("ping", "ping");
}
END_TEST

START_TEST(the_longest_names)
{
	struct match_names names;
	char action[MATCH_NAME_SIZE + 1];

	for (size_t i = 0; i < MATCH_NAME_SIZE; i++)
		action[i] = i % 2 ? '.' : 'a';
	action[MATCH_NAME_SIZE - 2] = '\0'; /* 32 labels, 31 dots */
	match_names(&names, action);
	ck_assert_uint_eq(names.count, MATCH_NAMES_MAX);
	ck_assert_str_eq(names.name[31], "a.*");
	ck_assert_str_eq(names.name[32], "*");

	memset(action, 'a', MATCH_NAME_SIZE);
	action[MATCH_NAME_SIZE - 2] = '.';
	action[MATCH_NAME_SIZE - 1] = '\0';
	NAMES_ARE(action, action, "*"); /* its wildcard is too long a name */
	action[MATCH_NAME_SIZE - 1] = 'a';
	action[MATCH_NAME_SIZE] = '\0';
	match_names(&names, action);
	ck_assert_uint_eq(names.count, 0);
}
END_TEST

START_TEST(the_end_is_not_included)
{
	struct match_want want = {.since = 100, .until = 200};

	ck_assert(!match_fits(&want, 99, NULL));
	ck_assert(match_fits(&want, 100, NULL));
	ck_assert(match_fits(&want, 199, NULL));
	ck_assert(!match_fits(&want, 200, NULL));
	ck_assert(!match_fits(&want, MATCH_NOW, NULL));
	ck_assert(match_fits(&want, MATCH_ALWAYS, NULL));
	want.until = MATCH_NOW;
	ck_assert(match_fits(&want, 200, NULL));
	ck_assert(match_fits(&want, MATCH_NOW, NULL));
	want.since = MATCH_ALWAYS;
	ck_assert(match_fits(&want, 1, NULL));
}
END_TEST

START_TEST(a_user_is_compared_byte_by_byte)
{
	struct match_want want = {.since = 100, .until = MATCH_NOW};

	ck_assert(match_fits(&want, 100, USER));
	want.user = USER;
	ck_assert(match_fits(&want, 100, USER));
	ck_assert(!match_fits(&want, 100, NULL));
	ck_assert(!match_fits(&want, 100, USER " "));
	ck_assert(!match_fits(&want, 99, USER));
}
END_TEST

Suite *suite_match(void)
{
	Suite *s = suite_create("match");
	TCase *t = tcase_create("match");

	tcase_add_test(t, every_prefix_is_a_wildcard);
	tcase_add_test(t, operational_actions_match_by_their_name);
	tcase_add_test(t, the_longest_names);
	tcase_add_test(t, the_end_is_not_included);
	tcase_add_test(t, a_user_is_compared_byte_by_byte);
	suite_add_tcase(s, t);
	return s;
}
