/*
 * match: every hook against every action.
 */
#include "unit.h"

#include <string.h>

#include "match.h"

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
		ck_assert(match_published(published[i]));
		ck_assert(match_hookable(published[i]));
		ck_assert(!match_operational(published[i]));
	}
}
END_TEST

START_TEST(operational_actions)
{
	for (size_t i = 0; i < COUNT(operational); i++) {
		ck_assert(!match_published(operational[i]));
		ck_assert(match_operational(operational[i]));
	}
	ck_assert(match_hookable("hook.disabled"));
	ck_assert(match_hookable("delivery.failed"));
	ck_assert(!match_hookable("ping"));
}
END_TEST

START_TEST(unknown_actions)
{
	for (size_t i = 0; i < COUNT(neither); i++) {
		ck_assert_msg(!match_published(neither[i]), "%s", neither[i]);
		ck_assert_msg(!match_hookable(neither[i]), "%s", neither[i]);
		ck_assert(!match_operational(neither[i]));
	}
}
END_TEST

START_TEST(wildcards_are_for_hooks)
{
	static const char *const names[] = {"*", "event.*", "user.*",
					    "vyteme.*"};

	for (size_t i = 0; i < COUNT(names); i++) {
		ck_assert(match_hookable(names[i]));
		ck_assert(!match_published(names[i]));
	}
}
END_TEST

START_TEST(exact_names_match_themselves_only)
{
	for (size_t i = 0; i < COUNT(published); i++)
		for (size_t j = 0; j < COUNT(published); j++)
			ck_assert_int_eq(match_hook(published[i], published[j]),
					 i == j);
	for (size_t i = 0; i < COUNT(operational); i++)
		ck_assert(match_hook(operational[i], operational[i]));
}
END_TEST

START_TEST(wildcards_match_their_family)
{
	for (size_t i = 0; i < COUNT(published); i++) {
		const char *p = published[i];

		ck_assert(match_hook("*", p));
		ck_assert_int_eq(match_hook("event.*", p),
				 strncmp(p, "event.", 6) == 0);
		ck_assert_int_eq(match_hook("user.*", p),
				 strncmp(p, "user.", 5) == 0);
		ck_assert_int_eq(match_hook("vyteme.*", p),
				 strncmp(p, "vyteme.", 7) == 0);
	}
}
END_TEST

START_TEST(no_wildcard_matches_operational_actions)
{
	static const char *const names[] = {"*", "event.*", "user.*",
					    "vyteme.*"};

	for (size_t i = 0; i < COUNT(names); i++)
		for (size_t j = 0; j < COUNT(operational); j++)
			ck_assert(!match_hook(names[i], operational[j]));
}
END_TEST

START_TEST(catalogue_is_complete)
{
	size_t n;
	const struct match_action *all = match_catalogue(&n);

	ck_assert_uint_eq(n, COUNT(published) + COUNT(operational));
	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_le(strlen(all[i].name), MATCH_NAME_MAX);
		ck_assert_uint_gt(strlen(all[i].description), 10);
		ck_assert_int_eq(all[i].operational,
				 match_operational(all[i].name));
		ck_assert_int_eq(all[i].hookable, match_hookable(all[i].name));
	}
}
END_TEST

Suite *suite_match(void)
{
	Suite *s = suite_create("match");
	TCase *t = tcase_create("match");

	tcase_add_test(t, published_actions);
	tcase_add_test(t, operational_actions);
	tcase_add_test(t, unknown_actions);
	tcase_add_test(t, wildcards_are_for_hooks);
	tcase_add_test(t, exact_names_match_themselves_only);
	tcase_add_test(t, wildcards_match_their_family);
	tcase_add_test(t, no_wildcard_matches_operational_actions);
	tcase_add_test(t, catalogue_is_complete);
	suite_add_tcase(s, t);
	return s;
}
