/* SPDX-License-Identifier: MIT */
/*
 * standing: each state, and which one counts.
 */
#include "unit.h"

#include "base/text.h"
#include "rules/standing.h"

#define NOW INT64_C(1700000000000)

static const struct standing_facts well = {
	.enabled = true,
	.now = NOW,
	.updated_at = NOW - 9,
	.failing_since = TIME_NONE,
	.suspended_until = TIME_NONE,
};

static void check(struct standing_facts f, const char *name, int64_t since,
		  int64_t until)
{
	struct standing s = standing_of(&f);

	ck_assert_str_eq(standing_name(s.is), name);
	ck_assert_int_eq(s.since, since);
	ck_assert_int_eq(s.until, until);
	ck_assert(standing_is_name(name));
	ck_assert_int_eq(standing_reason(s.is) != NULL,
			 s.is != STANDING_HEALTHY);
}

START_TEST(every_standing_has_its_time)
{
	struct standing_facts f = well;

	check(f, "healthy", TIME_NONE, TIME_NONE);
	f.suspended_until = NOW;
	check(f, "healthy", TIME_NONE, TIME_NONE);
	f.failing_since = NOW - 5;
	check(f, "retrying", NOW - 5, TIME_NONE);
	f.suspended_until = NOW + 1;
	check(f, "suspended", NOW - 5, NOW + 1);
	f.ordered = true;
	check(f, "blocked", NOW - 5, NOW + 1);
	f.put_off = true;
	check(f, "put_off", NOW - 5, NOW + 1);
	f.enabled = false;
	check(f, "disabled", NOW - 9, TIME_NONE);
}
END_TEST

START_TEST(names)
{
	ck_assert(standing_is_name("put_off"));
	ck_assert(!standing_is_name("dead"));
	ck_assert(!standing_is_name(""));
}
END_TEST

Suite *suite_standing(void)
{
	Suite *s = suite_create("standing");
	TCase *t = tcase_create("standing");

	tcase_add_test(t, every_standing_has_its_time);
	tcase_add_test(t, names);
	suite_add_tcase(s, t);
	return s;
}
