/* SPDX-License-Identifier: MIT */
/*
 * body: how a table reads a body, member by member.
 */
#include "unit.h"

#include <string.h>

#include "body.h"
#include "base/buf.h"
#include "field_errors.h"
#include "outside/jtree.h"
#include "unit_call.h"

static struct unit_call u;

/* The values that the readers got, in their order. */
static struct buf got;

static void note(struct field_errors *errors, const char *name,
		 const struct jtree *v, void *arg)
{
	const char *s = body_string(errors, name, v, NULL);

	ck_assert_ptr_eq(arg, &u);
	buf_printf(&got, "%s=%s ", name, s ? s : "?");
}

static void check(struct field_errors *errors, void *arg)
{
	ck_assert_ptr_eq(arg, &u);
	buf_puts(&got, "check");
	if (strstr(got.data, "b=no"))
		field_errors_add(errors, "b", "may not be no");
}

static const struct body_member members[] = {
	{"a", note, BODY_REQUIRED},
	{"b", note, BODY_OPTIONAL},
	{"c", note, BODY_CHANGE},
};
static const struct body_schema make = {
	.member = members, .count = COUNT(members), .check = check};
static const struct body_schema change = {
	.member = members, .count = COUNT(members), .change = true};

static enum err read_as(const struct body_schema *schema, const char *body)
{
	unit_call_release(&u);
	unit_call_init(&u, body);
	buf_clear(&got);
	return body_read(&u.c, schema, &u);
}

static void setup(void)
{
	buf_init(&got, 200);
	unit_call_init(&u, NULL);
}

static void teardown(void)
{
	unit_call_release(&u);
	buf_release(&got);
}

static void accepted(const struct body_schema *schema, const char *body,
		     const char *want)
{
	ck_assert_int_eq(read_as(schema, body), ERR_OK);
	ck_assert_str_eq(got.data, want);
	ck_assert_uint_eq(u.response.status, 0);
}

static void refused(const struct body_schema *schema, const char *body,
		    const char *errors)
{
	ck_assert_int_eq(read_as(schema, body), ERR_INVALID);
	unit_call_answered(&u, 400, errors);
}

START_TEST(in_the_order_of_the_table)
{
	accepted(&make, "{\"b\": \"2\", \"a\": \"1\"}", "a=1 b=2 check");
	accepted(&make, "{\"\\u0061\": \"1\"}", "a=1 check");
	accepted(&change, "{\"c\": \"3\"}", "c=3 ");
	accepted(&change, "{}", "");
	accepted(&change, " \n", "");
	accepted(&change, NULL, "");
}
END_TEST

START_TEST(all_faults_at_once)
{
	refused(&make, NULL,
		"[{\"pointer\":\"/a\",\"detail\":\"is missing\"}]");
	refused(&make, "{\"x\": 1, \"c\": \"3\", \"b\": 7}",
		"[{\"pointer\":\"/a\",\"detail\":\"is missing\"},"
		"{\"pointer\":\"/b\",\"detail\":\"must be a string\"},"
		"{\"pointer\":\"/x\",\"detail\":\"is an unknown member\"},"
		"{\"pointer\":\"/c\",\"detail\":\"is an unknown member\"}]");
	refused(&make, "{\"a\": \"1\", \"b\": \"no\"}",
		"[{\"pointer\":\"/b\",\"detail\":\"may not be no\"}]");
	refused(&change, "{\"x\": null}", "[{\"pointer\":\"/x\",");
}
END_TEST

START_TEST(bodies_that_are_no_object)
{
	static const char *const bodies[] = {"[]", "1", "null", "\"{}\""};

	for (size_t i = 0; i < COUNT(bodies); i++) {
		refused(&make, bodies[i],
			"[{\"pointer\":\"\",\"detail\":\"must be an object\"}"
			"]");
		ck_assert_str_eq(got.data, "");
	}
	refused(&make, "{\"a\": 1,}", "not JSON: line 1, column 9");
	refused(&make, "{\"a\": 1, \"a\": 1}", "not JSON: line 1, column 10");
}
END_TEST

START_TEST(kinds_of_content)
{
	static const struct {
		const char *type;
		bool json;
	} table[] = {
		{NULL, true},
		{"", true},
		{"application/json", true},
		{"Application/JSON; charset=utf-8", true},
		{"application/json ;x=y", true},
		{"application/jsonp", false},
		{"text/json", false},
		{";", false},
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		enum err e;

		unit_call_release(&u);
		unit_call_init(&u, "{}");
		u.request.header[REQUEST_CONTENT_TYPE] = table[i].type;
		e = body_read_nothing(&u.c);
		ck_assert_int_eq(e, table[i].json ? ERR_OK : ERR_INVALID);
		if (e)
			unit_call_answered(&u, 415, "application/json");
	}
}
END_TEST

START_TEST(an_empty_body)
{
	unit_call_release(&u);
	unit_call_init(&u, "\t\r\n ");
	ck_assert(body_is_blank(&u.c));
	/* Of a kind that nobody looks at. */
	u.request.header[REQUEST_CONTENT_TYPE] = "text/plain";
	ck_assert_int_eq(body_read_nothing(&u.c), ERR_OK);
	buf_puts(&u.request.body, "{\"a\": 1}");
	ck_assert(!body_is_blank(&u.c));
	u.request.header[REQUEST_CONTENT_TYPE] = NULL;
	ck_assert_int_eq(body_read_nothing(&u.c), ERR_INVALID);
	unit_call_answered(&u, 400, "\"/a\"");
}
END_TEST

/* ---- values ---- */

/* How many complaints a reader has about a value. */
#define COMPLAINTS(json, read)                                                 \
	do {                                                                   \
		field_errors_init(&errors, "");                                \
		v = jtree_parse(json, strlen(json));                           \
		read;                                                          \
		count = errors.count;                                          \
		(void)field_errors_answer(&errors, &u.c);                      \
		jtree_free(v);                                                 \
	} while (0)

START_TEST(numbers_in_their_range)
{
	static const struct {
		const char *json;
		unsigned want; /* 7: refused */
	} table[] = {
		{"2", 2},
		{"5", 5},
		{"5.0", 5},
		{"30e-1", 3},
		{"1", 7},
		{"6", 7},
		{"2.5", 7},
		{"-2", 7},
		{"\"3\"", 7},
		{"null", 7},
		{"99999999999999999999", 7},
		{"4294967298", 7},
	};
	struct field_errors errors;
	struct jtree *v;
	size_t count;

	for (size_t i = 0; i < COUNT(table); i++) {
		unsigned n = 7;

		COMPLAINTS(table[i].json,
			   body_whole(&errors, "n", v, 2, 5, &n));
		ck_assert_msg(n == table[i].want, "%s: %u", table[i].json, n);
		ck_assert_uint_eq(count, n == 7);
	}
	unit_call_answered(&u, 400, "must be a whole number from 2 to 5");
}
END_TEST

START_TEST(switches)
{
	struct field_errors errors;
	struct jtree *v;
	size_t count;
	bool on = true;

	COMPLAINTS("false", body_switch(&errors, "s", v, true, &on));
	ck_assert(!on && !count);
	COMPLAINTS("null", body_switch(&errors, "s", v, true, &on));
	ck_assert(on && !count);
	COMPLAINTS("0", body_switch(&errors, "s", v, false, &on));
	ck_assert(on && count == 1);
}
END_TEST

START_TEST(times)
{
	struct field_errors errors;
	struct jtree *v;
	size_t count;
	int64_t at = 7;

	COMPLAINTS("1622102633775", body_time(&errors, "t", v, &at));
	ck_assert(at == 7 && count == 1);
	COMPLAINTS("\"27.5.2021\"", body_time(&errors, "t", v, &at));
	ck_assert(at == 7 && count == 1);
	COMPLAINTS("\"2021-05-27T08:03:53.775Z\"",
		   body_time(&errors, "t", v, &at));
	ck_assert_int_eq(at, INT64_C(1622102633775));
	ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(ids)
{
	static const char text[] = "\"60AF5269459aad001d0cb565\"";
	struct field_errors errors;
	struct id id, other = {.b = {1}};
	struct jtree *v;
	size_t count;
	bool ok, same;

	COMPLAINTS(text, ok = body_id(&errors, "i", v, &id));
	ck_assert(ok && !count);
	COMPLAINTS(text, same = body_is_id(v, &id));
	ck_assert(same);
	COMPLAINTS(text, same = body_is_id(v, &other));
	ck_assert(!same && !count);
	COMPLAINTS("null", same = body_is_id(v, &id));
	ck_assert(!same && !count);
	COMPLAINTS("\"60af5269459aad001d0cb56\"",
		   ok = body_id(&errors, "i", v, &id));
	ck_assert(!ok && count == 1);
	COMPLAINTS("60", ok = body_id(&errors, "i", v, &id));
	ck_assert(!ok && count == 1);
}
END_TEST

Suite *suite_body(void)
{
	Suite *s = suite_create("body");
	TCase *tc = tcase_create("body");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, in_the_order_of_the_table);
	tcase_add_test(tc, all_faults_at_once);
	tcase_add_test(tc, bodies_that_are_no_object);
	tcase_add_test(tc, kinds_of_content);
	tcase_add_test(tc, an_empty_body);
	tcase_add_test(tc, numbers_in_their_range);
	tcase_add_test(tc, switches);
	tcase_add_test(tc, times);
	tcase_add_test(tc, ids);
	suite_add_tcase(s, tc);
	return s;
}
