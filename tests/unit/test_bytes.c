/* SPDX-License-Identifier: MIT */
/*
 * bytes: counts by organization, and the end of the list.
 */
#include "unit.h"

#include "rules/bytes.h"

static struct id number(unsigned n)
{
	struct id id = {{0}};

	id.b[0] = (unsigned char)n;
	return id;
}

START_TEST(kinds_are_added_by_organization)
{
	struct bytes b = {.count = 0};
	struct id one = number(1), two = number(2), three = number(3);

	ck_assert(bytes_add(&b, &one, 100, 0));
	ck_assert(bytes_add(&b, &two, 0, 7));
	ck_assert(bytes_add(&b, &one, -30, 5));
	ck_assert_uint_eq(b.count, 2);
	ck_assert_int_eq(b.row[0].payloads, 70);
	ck_assert_int_eq(b.row[0].answers, 5);
	ck_assert_int_eq(bytes_of(&b, &one), 75);
	ck_assert_int_eq(bytes_of(&b, &two), 7);
	ck_assert_int_eq(bytes_of(&b, &three), 0);
}
END_TEST

START_TEST(there_is_an_end)
{
	struct bytes b = {.count = 0};
	struct id more = number(BYTES_ROWS);

	for (unsigned i = 0; i < BYTES_ROWS; i++) {
		struct id of = number(i);

		ck_assert(bytes_add(&b, &of, 1, 1));
	}
	ck_assert(!bytes_add(&b, &more, 1, 1));
	more = number(0);
	ck_assert(bytes_add(&b, &more, 1, 1));
	ck_assert_int_eq(bytes_of(&b, &more), 4);
}
END_TEST

Suite *suite_bytes(void)
{
	Suite *s = suite_create("bytes");
	TCase *t = tcase_create("bytes");

	tcase_add_test(t, kinds_are_added_by_organization);
	tcase_add_test(t, there_is_an_end);
	suite_add_tcase(s, t);
	return s;
}
