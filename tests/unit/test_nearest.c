/* SPDX-License-Identifier: MIT */
/*
 * nearest: how far words are from each other, and which one was meant.
 */
#include "unit.h"

#include <string.h>

#include "base/nearest.h"

static const struct {
	const char *a, *b;
	unsigned distance;
} pairs[] = {
	{"", "", 0},	       {"lease", "lease", 0},	 {"", "abc", 3},
	{"lease", "leese", 1}, {"lease", "lese", 1},	 {"lease", "leasse", 1},
	{"lease", "laese", 2}, {"kitten", "sitting", 3}, {"abc", "xyz", 3},
};

START_TEST(distances)
{
	for (size_t i = 0; i < COUNT(pairs); i++) {
		ck_assert_uint_eq(nearest_distance(pairs[i].a, pairs[i].b),
				  pairs[i].distance);
		ck_assert_uint_eq(nearest_distance(pairs[i].b, pairs[i].a),
				  pairs[i].distance);
	}
}
END_TEST

START_TEST(of_long_words_the_beginning_counts)
{
	char a[200], b[200];

	memset(a, 'a', sizeof(a));
	memset(b, 'a', sizeof(b));
	a[199] = b[100] = '\0';
	ck_assert_uint_eq(nearest_distance(a, b), 0);
	b[62] = 'b';
	ck_assert_uint_eq(nearest_distance(a, b), 1);
	ck_assert_uint_eq(nearest_distance(a, ""), 63);
}
END_TEST

static const char *meant(const char *wanted)
{
	static const char *const words[] = {"port", "ports", "own_ports",
					    "timeout", "a"};
	struct nearest n;

	nearest_init(&n, wanted);
	for (size_t i = 0; i < COUNT(words); i++)
		nearest_try(&n, words[i]);
	return n.best ? n.best : "none";
}

START_TEST(the_nearest_word)
{
	ck_assert_str_eq(meant("prot"), "none");  /* two of four are wrong */
	ck_assert_str_eq(meant("port_"), "port"); /* the first of two */
	ck_assert_str_eq(meant("portss"), "ports");
	ck_assert_str_eq(meant("own-port"), "own_ports");
	ck_assert_str_eq(meant("tiemout"), "timeout");
	ck_assert_str_eq(meant("teimuot"), "none");
	ck_assert_str_eq(meant("b"), "none");
	ck_assert_str_eq(meant(""), "none");
}
END_TEST

Suite *suite_nearest(void)
{
	Suite *s = suite_create("nearest");
	TCase *t = tcase_create("nearest");

	tcase_add_test(t, distances);
	tcase_add_test(t, of_long_words_the_beginning_counts);
	tcase_add_test(t, the_nearest_word);
	suite_add_tcase(s, t);
	return s;
}
