/* SPDX-License-Identifier: MIT */
/*
 * shown: the characters that a terminal gets, and those that are spelled out.
 */
#include "unit.h"

#include <string.h>

#include "base/shown.h"

START_TEST(what_a_terminal_gets)
{
	static const struct {
		const char *given, *shown;
	} cases[] = {
		{"a\tb\nc", "a\tb\nc"},
		{"Grüße, 日本, \xf0\x9f\x91\x8d",
		 "Grüße, 日本, \xf0\x9f\x91\x8d"},
		{"\x1b[1m\x07\r\x7f", "\\u001b[1m\\u0007\\u000d\\u007f"},
		{"\xc2\x9b"
		 "31m\xc2\x85",
		 "\\u009b31m\\u0085"},
		{"a\xe2\x80\xae"
		 "b\xe2\x81\xa6"
		 "c\xd8\x9c\xe2\x80\xa8",
		 "a\\u202eb\\u2066c\\u061c\\u2028"},
		{"\x9b\xff\xc2", "\\x9b\\xff\\xc2"},
		{"\xe2\x80\x90", "\xe2\x80\x90"}, /* a hyphen */
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf b;

		buf_init(&b, 1000);
		shown_add(&b, cases[i].given, strlen(cases[i].given));
		ck_assert_str_eq(b.data, cases[i].shown);
		buf_release(&b);
	}
}
END_TEST

Suite *suite_shown(void)
{
	Suite *s = suite_create("shown");
	TCase *t = tcase_create("shown");

	tcase_add_test(t, what_a_terminal_gets);
	suite_add_tcase(s, t);
	return s;
}
