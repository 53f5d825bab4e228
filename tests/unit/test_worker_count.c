/* SPDX-License-Identifier: MIT */
/*
 * worker_count: cores, connections, and the most that ever helps.
 */
#include "unit.h"

#include "rules/worker_count.h"

START_TEST(the_smallest_of_three)
{
	static const struct {
		unsigned cores, connections, expected;
	} cases[] = {
		{1, 151, 1}, {2, 151, 2}, {4, 151, 4}, {5, 151, 4},
		{64, 0, 4},  {64, 12, 4}, {64, 11, 3}, {64, 10, 3},
		{4, 5, 1},   {4, 2, 1},	  {4, 1, 1},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		ck_assert_uint_eq(
			worker_count(cases[i].cores, cases[i].connections),
			cases[i].expected);
}
END_TEST

Suite *suite_worker_count(void)
{
	Suite *s = suite_create("worker_count");
	TCase *t = tcase_create("worker_count");

	tcase_add_test(t, the_smallest_of_three);
	suite_add_tcase(s, t);
	return s;
}
