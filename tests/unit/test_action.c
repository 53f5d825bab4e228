/* SPDX-License-Identifier: MIT */
/*
 * action: the grammar of names and wildcards, and what is operational.
 */
#include "unit.h"

#include <string.h>

#include "rules/action.h"
#include "rules/match.h"

static const char *const names[] = {
	"event.created",
	"booking.confirmed",
	"x",
	"A_b-9.C",
	"1",
	"-",
	"hooks.made",
	"pings",
	"a.hook",
};

static const char *const others[] = {
	"",	      "event.",	     ".event",	      "a..b",
	"event.*",    "*",	     "event created", "a/b",
	"a.b\n",      "caf\xc3\xa9", "hook",	      "hook.made",
	"delivery.x", "ping",	     "ping.me",	      ".",
};

static const char *const wildcards[] = {"*", "event.*", "a.b-c.*", "x.*"};

static const char *const no_wildcards[] = {
	"",	  ".*",	  "**",	   "*.*",   "event*",	    "event.c*",
	"hook.*", "a..*", "a.*.*", "event", "delivery.x.*", "* ",
};

START_TEST(names_have_a_form)
{
	for (size_t i = 0; i < COUNT(names); i++)
		ck_assert_msg(!action_name_check(names[i]), "%s", names[i]);
	for (size_t i = 0; i < COUNT(others); i++)
		ck_assert_msg(action_name_check(others[i]), "%s", others[i]);
}
END_TEST

START_TEST(wildcards_have_a_form)
{
	for (size_t i = 0; i < COUNT(wildcards); i++)
		ck_assert_msg(action_wildcard(wildcards[i]), "%s",
			      wildcards[i]);
	for (size_t i = 0; i < COUNT(no_wildcards); i++)
		ck_assert_msg(!action_wildcard(no_wildcards[i]), "%s",
			      no_wildcards[i]);
}
END_TEST

START_TEST(the_longest)
{
	char name[ACTION_NAME_MAX + 2];

	memset(name, 'a', sizeof(name));
	name[ACTION_NAME_MAX] = '\0';
	ck_assert(!action_name_check(name));
	memcpy(name + ACTION_NAME_MAX - 2, ".*", 2);
	ck_assert(action_wildcard(name));
	memset(name, 'a', sizeof(name));
	name[ACTION_NAME_MAX + 1] = '\0';
	ck_assert(action_name_check(name));
	memcpy(name + ACTION_NAME_MAX - 1, ".*", 2);
	ck_assert(!action_wildcard(name));
	ck_assert_uint_eq(ACTION_NAME_MAX + 1, MATCH_NAME_SIZE);
}
END_TEST

START_TEST(operational_actions)
{
	size_t n;
	const struct action *all = action_operationals(&n);

	ck_assert_uint_eq(n, 3);
	for (size_t i = 0; i < n; i++) {
		ck_assert(action_operational(all[i].name));
		ck_assert(action_name_check(all[i].name));
		ck_assert_uint_gt(strlen(all[i].description), 10);
		ck_assert_int_eq(all[i].hookable,
				 action_always_hookable(all[i].name));
	}
	ck_assert(action_always_hookable("hook.disabled"));
	ck_assert(action_always_hookable("*"));
	ck_assert(!action_always_hookable("ping"));
	ck_assert(!action_always_hookable("event.created"));
	ck_assert(!action_operational("event.created"));
}
END_TEST

Suite *suite_action(void)
{
	Suite *s = suite_create("action");
	TCase *t = tcase_create("action");

	tcase_add_test(t, names_have_a_form);
	tcase_add_test(t, wildcards_have_a_form);
	tcase_add_test(t, the_longest);
	tcase_add_test(t, operational_actions);
	suite_add_tcase(s, t);
	return s;
}
