/* SPDX-License-Identifier: MIT */
/*
 * identifier: names as people write them, and back.
 */
#include "unit.h"

#include <string.h>

#include "base/mem.h"
#include "rules/identifier.h"

enum { MOST = 3 };

static const struct {
	const char *text;
	char separator;
	size_t count;
	const char *name[MOST];
} lists[] = {
	{"orders", '.', 1, {"orders"}},
	{"shop.orders", '.', 2, {"shop", "orders"}},
	{"`my.shop`.`or``ders`", '.', 2, {"my.shop", "or`ders"}},
	{"` a`", '.', 1, {" a"}},
	{"a, b ,\tc", ',', 3, {"a", "b", "c"}},
	{"`a,b`,c d", ',', 2, {"a,b", "c d"}},
	{"größe,日本", ',', 2, {"größe", "日本"}},
	{"````", ',', 1, {"`"}},
};

START_TEST(what_is_read)
{
	const char *name[MOST];
	struct arena arena;
	size_t n;

	arena_init(&arena);
	for (size_t i = 0; i < COUNT(lists); i++) {
		ck_assert(identifier_list(lists[i].text, lists[i].separator,
					  &arena, name, MOST, &n));
		ck_assert_uint_eq(n, lists[i].count);
		for (size_t k = 0; k < n; k++)
			ck_assert_str_eq(name[k], lists[i].name[k]);
	}
	arena_release(&arena);
}
END_TEST

START_TEST(what_is_refused)
{
	static const char *const texts[] = {
		"",	   ",",
		"a,",	   ",a",
		"a,,b",	   "``",
		"`a",	   "a`b",
		"`a`b",	   "`a``,",
		"a,b,c,d", " ",
		"a\xff",   "\xf0\x9f\x91\x8d",
	};
	const char *name[MOST];
	struct arena arena;
	size_t n;

	arena_init(&arena);
	for (size_t i = 0; i < COUNT(texts); i++)
		ck_assert_msg(
			!identifier_list(texts[i], ',', &arena, name, MOST, &n),
			"%s", texts[i]);
	arena_release(&arena);
}
END_TEST

START_TEST(what_is_quoted)
{
	struct buf b;

	buf_init(&b, 100);
	identifier_put(&b, "a`b.c");
	ck_assert_str_eq(b.data, "`a``b.c`");
	buf_release(&b);
}
END_TEST

Suite *suite_identifier(void)
{
	Suite *s = suite_create("identifier");
	TCase *t = tcase_create("identifier");

	tcase_add_test(t, what_is_read);
	tcase_add_test(t, what_is_refused);
	tcase_add_test(t, what_is_quoted);
	suite_add_tcase(s, t);
	return s;
}
