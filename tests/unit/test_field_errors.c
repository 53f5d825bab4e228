/* SPDX-License-Identifier: MIT */
/*
 * field_errors: the place of each, and very many of them.
 */
#include "unit.h"

#include <string.h>

#include "field_errors.h"
#include "outside/jtree.h"
#include "unit_call.h"

static struct unit_call u;
static struct field_errors errors;

static void setup(void)
{
	unit_call_init(&u, NULL);
	field_errors_init(&errors, "");
}

static void teardown(void)
{
	unit_call_release(&u);
}

START_TEST(no_errors_answer_nothing)
{
	ck_assert_int_eq(field_errors_answer(&errors, &u.c), ERR_OK);
	ck_assert_uint_eq(u.response.status, 0);
}
END_TEST

START_TEST(each_at_its_pointer)
{
	field_errors_add(&errors, NULL, "w");
	field_errors_add(&errors, "a/b~c", "x");
	field_errors_add_inner(&errors, "headers", "X/Y", "y");
	errors.at = "/7";
	field_errors_add(&errors, "d", "\"z\"");
	ck_assert_int_eq(field_errors_answer(&errors, &u.c), ERR_INVALID);
	unit_call_answered(&u, 400,
			   "\"errors\":[{\"pointer\":\"\",\"detail\":\"w\"},"
			   "{\"pointer\":\"/a~1b~0c\",\"detail\":\"x\"},"
			   "{\"pointer\":\"/headers/X~1Y\",\"detail\":\"y\"},"
			   "{\"pointer\":\"/7/d\",\"detail\":\"\\\"z\\\"\"}]");
	ck_assert_str_eq(u.response.type, "application/problem+json");
}
END_TEST

/* The answer must not grow with the request. */
START_TEST(very_many)
{
	struct jtree *v;

	for (int i = 0; i < 100000; i++)
		field_errors_add(&errors, "name", "is not right");
	ck_assert_uint_gt(errors.left_out, 0);
	ck_assert_uint_eq(errors.count + errors.left_out, 100000);
	ck_assert_int_eq(field_errors_answer(&errors, &u.c), ERR_INVALID);
	unit_call_answered(&u, 400,
			   "\"100000 members of the request are invalid; ");
	ck_assert_uint_lt(u.response.body.len, 1024 * 1024);
	v = jtree_parse(u.response.body.data, u.response.body.len);
	ck_assert_uint_eq(jtree_count(jtree_get(v, "errors")), errors.count);
	jtree_free(v);
}
END_TEST

Suite *suite_field_errors(void)
{
	Suite *s = suite_create("field_errors");
	TCase *tc = tcase_create("field_errors");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, no_errors_answer_nothing);
	tcase_add_test(tc, each_at_its_pointer);
	tcase_add_test(tc, very_many);
	suite_add_tcase(s, tc);
	return s;
}
