/* SPDX-License-Identifier: MIT */
/*
 * etag: lists as clients and caches send them, and broken ones.
 */
#include "unit.h"

#include "etag.h"

START_TEST(lists)
{
	static const struct {
		const char *list;
		bool first, whole; /* whether "a1.b2" is in it */
	} table[] = {
		{"\"a1.b2\"", true, true},
		{"*", true, true},
		{" \t*", true, true},
		{"\"b\", \"a1.b2\"", true, true},
		{"\"b\",,\t \"a1.b2\",", true, true},
		{",\"a1.b2\"", true, true},
		{"\"b\"\"a1.b2\"", true, true},
		{"\"a,1\", \"a1.b2\"", true, true},
		/* The forms that compressing servers make of it. */
		{"W/\"a1.b2\"", true, true},
		{"W/\"b\", W/\"a1.b2\"", true, true},
		{"\"a1.b2-gzip\"", true, true},
		{"W/\"a1.b2-gzip\"", true, true},
		{"\"a1.b2-br\"", true, true},
		{"\"a1.b2;gzip\"", true, true},
		{"\"a1.b2--gzip\"", true, true},
		{"\"a1.b2-deflate\"", true, true},
		{"\"a1.b2-zstd\"", true, true},
		/* Something else that is shown. */
		{"\"a1.b3\"", true, false},
		{"\"a1.\"", true, false},
		{"\"a1\"", true, false},
		{"W/\"a1.b3-gzip\"", true, false},
		{"\"a1.b2-gzip-gzip\"", true, false},
		{"\"a1.b2gzip\"", true, false},
		{"\"a1.b2-lzma\"", true, false},
		{"\"a1.b2.c\"", true, false},
		/* Other ones. */
		{"", false, false},
		{" , ", false, false},
		{"\"\"", false, false},
		{"\"-gzip\"", false, false},
		{"\"a\"", false, false},
		{"\"a12.b2\"", false, false},
		{"\"A1.b2\"", false, false},
		{"w/\"a1.b2\"", false, false},
		/* Nothing after a malformed entry counts. */
		{"a1.b2", false, false},
		{"b, \"a1.b2\"", false, false},
		{"\"a1.b2", false, false},
		{"\"b\", \"", false, false},
		{"W/", false, false},
		{"W/ \"a1.b2\"", false, false},
		{"\"b\" *", false, false},
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		const char *list = table[i].list;

		ck_assert_msg(etag_listed(list, "\"a1.b2\"", ETAG_FIRST) ==
				      table[i].first,
			      "%s, first part", list);
		ck_assert_msg(etag_listed(list, "\"a1.b2\"", ETAG_WHOLE) ==
				      table[i].whole,
			      "%s", list);
	}
}
END_TEST

START_TEST(without_a_dot)
{
	ck_assert(etag_listed("\"a1\"", "\"a1\"", ETAG_WHOLE));
	ck_assert(etag_listed("\"a1.b2\"", "\"a1\"", ETAG_FIRST));
	ck_assert(!etag_listed("\"a1.b2\"", "\"a1\"", ETAG_WHOLE));
}
END_TEST

Suite *suite_etag(void)
{
	Suite *s = suite_create("etag");
	TCase *tc = tcase_create("etag");

	tcase_add_test(tc, lists);
	tcase_add_test(tc, without_a_dot);
	suite_add_tcase(s, tc);
	return s;
}
