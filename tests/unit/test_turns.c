/* SPDX-License-Identifier: MIT */
/*
 * turns: who is next, and that nobody is left out or found twice.
 */
#include "unit.h"

#include <string.h>

#include "deliver/turns.h"

/* Organizations with something waiting, by their first byte, in order. */
static const char *waiting;

static struct id turns_org(char c)
{
	return (struct id){.b = {(unsigned char)c}};
}

static enum err next(void *arg, const struct id *after, struct id *out)
{
	const char *p = waiting;

	(void)arg;
	while (*p && after && *p <= (char)after->b[0])
		p++;
	if (!*p)
		return ERR_NOT_FOUND;
	*out = turns_org(*p);
	return ERR_OK;
}

static const struct {
	const char *waiting;
	char last; /* had the last turn; 0: nobody */
	size_t max;
	const char *want;
} rounds[] = {
	{"", 0, 4, ""},		{"", 'b', 4, ""},	{"a", 0, 4, "a"},
	{"a", 'a', 4, "a"},	{"a", 'b', 4, "a"},	{"abc", 0, 4, "abc"},
	{"abc", 'a', 4, "bca"}, {"abc", 'c', 4, "abc"}, {"abc", 'b', 2, "ca"},
	{"abc", 0, 2, "ab"},	{"ac", 'b', 4, "ca"},	{"abc", 'z', 4, "abc"},
};

START_TEST(each_has_one_turn_in_order)
{
	struct turns t = {0};
	struct id orgs[4];
	char got[5] = "";
	size_t n;

	waiting = rounds[_i].waiting;
	if (rounds[_i].last) {
		struct id last = turns_org(rounds[_i].last);

		turns_took(&t, &last);
	}
	ck_assert_int_eq(turns_find(&t, next, NULL, rounds[_i].max, orgs, &n),
			 ERR_OK);
	for (size_t i = 0; i < n; i++)
		got[i] = (char)orgs[i].b[0];
	ck_assert_str_eq(got, rounds[_i].want);
}
END_TEST

static enum err refusing(void *arg, const struct id *after, struct id *out)
{
	(void)arg;
	(void)after;
	(void)out;
	return ERR_TEMP;
}

START_TEST(an_error_is_passed_on)
{
	struct turns t = {0};
	struct id orgs[4];
	size_t n;

	ck_assert_int_eq(turns_find(&t, refusing, NULL, 4, orgs, &n), ERR_TEMP);
}
END_TEST

Suite *suite_turns(void)
{
	Suite *s = suite_create("turns");
	TCase *t = tcase_create("turns");

	tcase_add_loop_test(t, each_has_one_turn_in_order, 0,
			    (int)COUNT(rounds));
	tcase_add_test(t, an_error_is_passed_on);
	suite_add_tcase(s, t);
	return s;
}
