/* SPDX-License-Identifier: MIT */
/*
 * jtree: reading, building, and null as a value of its own.
 */
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "outside/jtree.h"

static struct jtree *parse(const char *s)
{
	struct jtree *v = jtree_parse(s, strlen(s));

	ck_assert_msg(v != NULL, "%s", s);
	return v;
}

static void check_written(struct jtree *v, const char *expected)
{
	struct buf b;

	buf_init(&b, 10000);
	jtree_write(&b, v);
	ck_assert_str_eq(b.data, expected);
	buf_release(&b);
	jtree_free(v);
}

START_TEST(whole_numbers)
{
	static const struct {
		const char *text;
		bool whole;
		int64_t number;
	} rows[] = {
		{"[7]", true, 7},
		{"[-7.0]", true, -7},
		{"[1e1]", true, 10},
		{"[1000e-1]", true, 100},
		{"[-0.0]", true, 0},
		{"[999999999999999.0]", true, INT64_C(999999999999999)},
		{"[1.5]", false, 0},
		{"[1e-1]", false, 0},
		{"[1e15]", false, 0},
		{"[-1e400]", false, 0},
		{"[\"7\"]", false, 0},
		{"[null]", false, 0},
		{"[true]", false, 0},
		{"[]", false, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct jtree *v = parse(rows[i].text);
		int64_t number = 0;

		ck_assert_int_eq(jtree_whole(jtree_at(v, 0), &number),
				 rows[i].whole);
		ck_assert_int_eq(number, rows[i].number);
		jtree_free(v);
	}
}
END_TEST

START_TEST(types)
{
	struct jtree *v = parse("{\"o\":{},\"a\":[],\"s\":\"\",\"b\":false,"
				"\"i\":-7,\"d\":1.0,\"n\":null}");

	ck_assert(jtree_is_object(v) && jtree_is_object(jtree_get(v, "o")));
	ck_assert(jtree_is_array(jtree_get(v, "a")));
	ck_assert_ptr_nonnull(jtree_string(jtree_get(v, "s"), NULL));
	ck_assert(jtree_is_bool(jtree_get(v, "b")));
	ck_assert(jtree_is_int(jtree_get(v, "i")));
	ck_assert(!jtree_is_int(jtree_get(v, "d")));
	ck_assert(jtree_is_null(jtree_get(v, "n")));
	ck_assert_ptr_null(jtree_get(v, "x"));
	ck_assert(!jtree_is_null(jtree_get(v, "x")));
	ck_assert(!jtree_is_null(jtree_get(v, "b")));
	jtree_free(v);
}
END_TEST

START_TEST(values)
{
	struct jtree *v = parse("{\"s\":\"a\\u00e9\\ud83d\\ude00\\/\\n\","
				"\"b\":true,\"i\":-9223372036854775808,"
				"\"h\":99999999999999999999}");
	size_t len = 0;

	ck_assert_str_eq(jtree_string(jtree_get(v, "s"), &len),
			 "a\xc3\xa9\xf0\x9f\x98\x80/\n");
	ck_assert_uint_eq(len, 9);
	ck_assert(jtree_bool(jtree_get(v, "b")));
	ck_assert_int_eq(jtree_int(jtree_get(v, "i")), INT64_MIN);
	ck_assert_int_eq(jtree_int(jtree_get(v, "h")), INT64_MAX);
	jtree_free(v);
}
END_TEST

/* Among them some that json-c alone misreads. */
START_TEST(surrogate_pairs)
{
	static const struct {
		const char *text, *value;
	} cases[] = {
		{"\\ud83d\\uDE00", "\xf0\x9f\x98\x80"},
		{"\\uD837\\ude00", "\xf0\x9d\xb8\x80"},
		{"a\\ud836\\udc00b", "a\360\235\240\200b"},
		{"\\ud876\\udc00\\ud877\\udfff",
		 "\xf0\xad\xa0\x80\xf0\xad\xbf\xbf"},
		{"\\udbff\\udfff", "\xf4\x8f\xbf\xbf"},
		{"\\ud800\\udc00", "\xf0\x90\x80\x80"},
		{"\\\\ud837\\\\ude00", "\\ud837\\ude00"},
		{"\\u00e9\\\\\\n", "\xc3\xa9\\\n"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[100];
		struct jtree *v;

		snprintf(text, sizeof(text), "[\"%s\"]", cases[i].text);
		v = parse(text);
		ck_assert_str_eq(jtree_string(jtree_at(v, 0), NULL),
				 cases[i].value);
		jtree_free(v);
		snprintf(text, sizeof(text), "{\"%s\":7}", cases[i].text);
		v = parse(text);
		ck_assert_int_eq(jtree_int(jtree_get(v, cases[i].value)), 7);
		jtree_free(v);
	}
}
END_TEST

START_TEST(wrong_types_read_as_nothing)
{
	struct jtree *v = parse("{\"s\":\"7\",\"i\":1,\"n\":null}");

	ck_assert_int_eq(jtree_int(jtree_get(v, "s")), 0);
	ck_assert(!jtree_bool(jtree_get(v, "i")));
	ck_assert_ptr_null(jtree_string(jtree_get(v, "i"), NULL));
	ck_assert_ptr_null(jtree_string(jtree_get(v, "n"), NULL));
	ck_assert_ptr_null(jtree_string(NULL, NULL));
	ck_assert_uint_eq(jtree_count(v), 0);
	ck_assert_uint_eq(jtree_count(NULL), 0);
	ck_assert_ptr_null(jtree_at(v, 0));
	ck_assert_ptr_null(jtree_get(jtree_get(v, "s"), "x"));
	ck_assert_ptr_null(jtree_get(NULL, "x"));
	ck_assert_ptr_null(jtree_get(jtree_get(v, "n"), "x"));
	jtree_free(v);
}
END_TEST

START_TEST(arrays)
{
	struct jtree *v = parse("[1,null,\"x\"]");

	ck_assert_uint_eq(jtree_count(v), 3);
	ck_assert_int_eq(jtree_int(jtree_at(v, 0)), 1);
	ck_assert(jtree_is_null(jtree_at(v, 1)));
	ck_assert_str_eq(jtree_string(jtree_at(v, 2), NULL), "x");
	ck_assert_ptr_null(jtree_at(v, 3));
	jtree_free(v);
}
END_TEST

/* json-c waits for more after these; the text is not ended by a NUL. */
START_TEST(scalars_alone)
{
	struct jtree *v = jtree_parse("1234", 3);

	ck_assert_int_eq(jtree_int(v), 123);
	jtree_free(v);
	v = parse("null");
	ck_assert(jtree_is_null(v));
	jtree_free(v);
	v = parse(" true ");
	ck_assert(jtree_bool(v));
	jtree_free(v);
	ck_assert_ptr_null(jtree_parse("{\"a\":", 5));
	ck_assert_ptr_null(jtree_parse("", 0));
	jtree_free(NULL);
}
END_TEST

START_TEST(members_in_order)
{
	static const char *const names[] = {"z", "a", "m"};
	struct jtree *v = parse("{\"z\":1,\"a\":null,\"m\":{\"z\":2}}");
	const struct jtree *value;
	struct jtree_iter it;
	const char *name;
	size_t n = 0;

	jtree_iter_init(&it, v);
	while (jtree_iter_next(&it, &name, &value)) {
		ck_assert_uint_lt(n, COUNT(names));
		ck_assert_str_eq(name, names[n++]);
		ck_assert_ptr_nonnull(value);
	}
	ck_assert_uint_eq(n, COUNT(names));
	jtree_free(v);
	v = parse("[1]");
	jtree_iter_init(&it, v);
	ck_assert(!jtree_iter_next(&it, &name, &value));
	jtree_free(v);
	v = parse("{}");
	jtree_iter_init(&it, v);
	ck_assert(!jtree_iter_next(&it, &name, &value));
	jtree_free(v);
}
END_TEST

START_TEST(builds_in_order)
{
	struct jtree *v = jtree_object(), *a = jtree_array();

	jtree_put_string(v, "url", "https://a/b?c=d\"\\\n\x01");
	jtree_put_int(v, "int", INT64_MIN);
	jtree_put_bool(v, "yes", true);
	jtree_put_null(v, "nothing");
	jtree_put_string(v, "absent", NULL);
	jtree_add(a, jtree_object());
	jtree_add(a, jtree_new_string("x", 1));
	jtree_put(v, "array", a);
	jtree_put_int(v, "int", 5);
	check_written(v, "{\"url\":\"https://a/b?c=d\\\"\\\\\\n\\u0001\","
			 "\"int\":5,\"yes\":true,\"nothing\":null,"
			 "\"absent\":null,\"array\":[{},\"x\"]}");
}
END_TEST

START_TEST(doubles)
{
	struct jtree *v = jtree_object();

	jtree_put_double(v, "a", 0.1);
	jtree_put_double(v, "b", 1.0 / 3);
	jtree_put_double(v, "c", -2);
	jtree_put_double(v, "d", (double)NAN);
	jtree_put_double(v, "e", (double)INFINITY);
	jtree_put_double(v, "f", 1e300);
	jtree_put_double(v, "g", 0.987654321098765);
	check_written(
		v,
		"{\"a\":0.1,\"b\":0.33333333333333331,\"c\":-2,"
		"\"d\":null,\"e\":null,\"f\":1e+300,\"g\":0.987654321098765}");
}
END_TEST

/* A receiver's answer may contain any bytes. */
START_TEST(bytes_become_utf8)
{
	static const struct {
		const char *in;
		size_t len;
		const char *out;
	} cases[] = {
		{"caf\xc3\xa9", 5, "\"caf\xc3\xa9\""},
		{"caf\xe9", 4, "\"caf\xef\xbf\xbd\""},
		{"\xff\xfe", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\""},
		{"a\0b\xff", 4, "\"a\\u0000b\xef\xbf\xbd\""},
		{"a\0b", 3, "\"a\\u0000b\""},
		{"\xf0\x9f\x98", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
		{"\xed\xa0\x80.", 4,
		 "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd.\""},
		{"", 0, "\"\""},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check_written(jtree_new_string(cases[i].in, cases[i].len),
			      cases[i].out);
}
END_TEST

START_TEST(null_is_written)
{
	struct jtree *v = jtree_array();

	jtree_add(v, parse("null"));
	check_written(v, "[null]");
	check_written(parse("null"), "null");
}
END_TEST

START_TEST(writing_respects_the_ceiling)
{
	struct jtree *v = jtree_new_string("0123456789", 10);
	struct buf b;

	buf_init(&b, 5);
	jtree_write(&b, v);
	ck_assert(b.overflow);
	ck_assert_uint_eq(b.len, 0);
	buf_release(&b);
	jtree_free(v);
}
END_TEST

Suite *suite_jtree(void)
{
	Suite *s = suite_create("jtree");
	TCase *t = tcase_create("jtree");

	tcase_add_test(t, types);
	tcase_add_test(t, whole_numbers);
	tcase_add_test(t, values);
	tcase_add_test(t, surrogate_pairs);
	tcase_add_test(t, wrong_types_read_as_nothing);
	tcase_add_test(t, arrays);
	tcase_add_test(t, scalars_alone);
	tcase_add_test(t, members_in_order);
	tcase_add_test(t, builds_in_order);
	tcase_add_test(t, doubles);
	tcase_add_test(t, bytes_become_utf8);
	tcase_add_test(t, null_is_written);
	tcase_add_test(t, writing_respects_the_ceiling);
	suite_add_tcase(s, t);
	return s;
}
