/* SPDX-License-Identifier: MIT */
/*
 * allowance: a second's bytes, by organization, and the end of the list.
 */
#include "unit.h"

#include "rules/allowance.h"

#define NOW INT64_C(1000000)

static struct id organization(unsigned n)
{
	return (struct id){.b = {(unsigned char)(n >> 8), (unsigned char)n}};
}

START_TEST(each_has_its_own)
{
	struct allowance a = {.count = 0};
	struct id one = organization(1), two = organization(2);

	ck_assert(allowance_take(&a, &one, 60, 100, NOW));
	ck_assert(allowance_take(&a, &one, 40, 100, NOW));
	ck_assert(!allowance_take(&a, &one, 1, 100, NOW));
	ck_assert(allowance_take(&a, &two, 1, 100, NOW));
	ck_assert(!allowance_take(&a, &one, 0, 100, NOW));
}
END_TEST

START_TEST(the_last_one_may_go_over_it)
{
	struct allowance a = {.count = 0};
	struct id one = organization(1);

	ck_assert(allowance_take(&a, &one, 5000, 100, NOW));
	ck_assert(!allowance_take(&a, &one, 1, 100, NOW));
}
END_TEST

START_TEST(nothing_is_allowed_where_the_limit_is_nothing)
{
	struct allowance a = {.count = 0};
	struct id one = organization(1);

	ck_assert(!allowance_take(&a, &one, 1, 0, NOW));
}
END_TEST

/* Nothing is saved up, and nothing owed. */
START_TEST(a_second_later_all_begins_anew)
{
	struct allowance a = {.count = 0};
	struct id one = organization(1);
	int64_t later = NOW + ALLOWANCE_MS;

	ck_assert(allowance_take(&a, &one, 5000, 100, NOW));
	ck_assert(!allowance_take(&a, &one, 1, 100, later - 1));
	ck_assert(allowance_take(&a, &one, 100, 100, later));
	ck_assert(!allowance_take(&a, &one, 1, 100, later + 1));
	ck_assert(!allowance_take(&a, &one, 1, 100, later + 999));
	ck_assert(allowance_take(&a, &one, 100, 100, later + 60000));
	ck_assert(!allowance_take(&a, &one, 1, 100, later + 60000));
}
END_TEST

START_TEST(those_without_a_row_share_the_last)
{
	struct allowance a = {.count = 0};
	struct id first = organization(0), more = organization(ALLOWANCE_ROWS);
	struct id last = organization(ALLOWANCE_ROWS + 1);

	for (unsigned i = 0; i < ALLOWANCE_ROWS; i++) {
		struct id of = organization(i);

		ck_assert(allowance_take(&a, &of, 10, 100, NOW));
	}
	ck_assert(allowance_take(&a, &more, 90, 100, NOW));
	ck_assert(!allowance_take(&a, &last, 1, 100, NOW));
	ck_assert(allowance_take(&a, &first, 90, 100, NOW));
	ck_assert(allowance_take(&a, &last, 1, 100, NOW + ALLOWANCE_MS));
}
END_TEST

Suite *suite_allowance(void)
{
	Suite *s = suite_create("allowance");
	TCase *t = tcase_create("allowance");

	tcase_add_test(t, each_has_its_own);
	tcase_add_test(t, the_last_one_may_go_over_it);
	tcase_add_test(t, nothing_is_allowed_where_the_limit_is_nothing);
	tcase_add_test(t, a_second_later_all_begins_anew);
	tcase_add_test(t, those_without_a_row_share_the_last);
	suite_add_tcase(s, t);
	return s;
}
