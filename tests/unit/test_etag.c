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
		bool strong, weak; /* whether "a1" is in it */
	} table[] = {
		{"\"a1\"", true, true},
		{"*", true, true},
		{" \t*", true, true},
		{"\"b\", \"a1\"", true, true},
		{"\"b\",,\t \"a1\",", true, true},
		{",\"a1\"", true, true},
		{"\"b\"\"a1\"", true, true},
		{"\"a,1\", \"a1\"", true, true},
		/* Marked as weak by a server that compresses. */
		{"W/\"a1\"", false, true},
		{"W/\"b\", W/\"a1\"", false, true},
		{"W/\"a1\", \"a1\"", true, true},
		/* Other ones. */
		{"", false, false},
		{" , ", false, false},
		{"\"\"", false, false},
		{"\"a\"", false, false},
		{"\"a12\"", false, false},
		{"\"A1\"", false, false},
		{"w/\"a1\"", false, false},
		/* Nothing after a malformed entry counts. */
		{"a1", false, false},
		{"b, \"a1\"", false, false},
		{"\"a1", false, false},
		{"\"b\", \"", false, false},
		{"W/", false, false},
		{"W/ \"a1\"", false, false},
		{"\"b\" *", false, false},
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		ck_assert_msg(etag_listed(table[i].list, "\"a1\"", false) ==
				      table[i].strong,
			      "%s", table[i].list);
		ck_assert_msg(etag_listed(table[i].list, "\"a1\"", true) ==
				      table[i].weak,
			      "%s, weak", table[i].list);
	}
}
END_TEST

Suite *suite_etag(void)
{
	Suite *s = suite_create("etag");
	TCase *tc = tcase_create("etag");

	tcase_add_test(tc, lists);
	suite_add_tcase(s, tc);
	return s;
}
