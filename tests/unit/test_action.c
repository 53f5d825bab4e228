/* SPDX-License-Identifier: MIT */
/*
 * action: every hook against every action.
 */
#include "unit.h"

#include <string.h>

#include "rules/action.h"

static const char *const published[] = {
	"event.created",   "event.confirmed", "event.updated",
	"event.cancelled", "event.voted",     "event.new_invitee",
	"user.joined",	   "vyteme.updated",
};

static const char *const operational[] = {"hook.disabled", "delivery.failed",
					  "ping"};

static const char *const neither[] = {
	"",
	"event",
	"event.",
	"event.create",
	"event.created ",
	"Event.created",
	"event.created.x",
	"hook.*",
	"delivery.*",
	"*.*",
	"**",
	"event.c*",
	"user.left",
	"*.created",
};

START_TEST(published_actions)
{
	for (size_t i = 0; i < COUNT(published); i++) {
		ck_assert(action_published(published[i]));
		ck_assert(action_hookable(published[i]));
		ck_assert(!action_operational(published[i]));
	}
}
END_TEST

START_TEST(operational_actions)
{
	for (size_t i = 0; i < COUNT(operational); i++) {
		ck_assert(!action_published(operational[i]));
		ck_assert(action_operational(operational[i]));
	}
	ck_assert(action_hookable("hook.disabled"));
	ck_assert(action_hookable("delivery.failed"));
	ck_assert(!action_hookable("ping"));
}
END_TEST

START_TEST(unknown_actions)
{
	for (size_t i = 0; i < COUNT(neither); i++) {
		ck_assert_msg(!action_published(neither[i]), "%s", neither[i]);
		ck_assert_msg(!action_hookable(neither[i]), "%s", neither[i]);
		ck_assert(!action_operational(neither[i]));
	}
}
END_TEST

START_TEST(wildcards_are_for_hooks)
{
	static const char *const names[] = {"*", "event.*", "user.*",
					    "vyteme.*"};

	for (size_t i = 0; i < COUNT(names); i++) {
		ck_assert(action_hookable(names[i]));
		ck_assert(!action_published(names[i]));
	}
}
END_TEST

START_TEST(catalogue_is_complete)
{
	size_t n;
	const struct action *all = action_catalogue(&n);

	ck_assert_uint_eq(n, COUNT(published) + COUNT(operational));
	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_le(strlen(all[i].name), ACTION_NAME_MAX);
		ck_assert_uint_gt(strlen(all[i].description), 10);
		ck_assert_int_eq(all[i].operational,
				 action_operational(all[i].name));
		ck_assert_int_eq(all[i].hookable, action_hookable(all[i].name));
	}
}
END_TEST

Suite *suite_action(void)
{
	Suite *s = suite_create("action");
	TCase *t = tcase_create("action");

	tcase_add_test(t, published_actions);
	tcase_add_test(t, operational_actions);
	tcase_add_test(t, unknown_actions);
	tcase_add_test(t, wildcards_are_for_hooks);
	tcase_add_test(t, catalogue_is_complete);
	suite_add_tcase(s, t);
	return s;
}
