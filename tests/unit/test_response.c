/* SPDX-License-Identifier: MIT */
/*
 * response: an answer in the making, and the problem that replaces it.
 */
#include "unit.h"

#include <string.h>

#include "outside/jtree.h"
#include "response.h"

static struct response r;

static void setup(void)
{
	response_init(&r);
}

static void teardown(void)
{
	response_release(&r);
}

static void says(unsigned status, const char *type, const char *body)
{
	ck_assert_uint_eq(r.status, status);
	if (type)
		ck_assert_str_eq(r.type, type);
	else
		ck_assert_ptr_null(r.type);
	ck_assert_str_eq(r.body.data, body);
}

START_TEST(json)
{
	struct jtree *v = jtree_object();

	jtree_put_int(v, "n", 1);
	response_json(&r, 201, v);
	says(201, "application/json", "{\"n\":1}");
	response_empty(&r, 204);
	says(204, NULL, "");
}
END_TEST

START_TEST(a_problem_replaces_what_was_there)
{
	response_json(&r, 200, jtree_array());
	response_problem(&r, 413, "Longer than %d \"bytes\".", 5);
	says(413, "application/problem+json",
	     "{\"type\":\"about:blank\",\"title\":\"Content Too Large\","
	     "\"status\":413,\"detail\":\"Longer than 5 \\\"bytes\\\".\"}");
}
END_TEST

START_TEST(every_status_has_its_phrase)
{
	static const unsigned statuses[] = {400, 401, 403, 404, 405, 409, 412,
					    413, 415, 429, 500, 503, 508};

	for (size_t i = 0; i < COUNT(statuses); i++) {
		response_problem(&r, statuses[i], "x");
		ck_assert_msg(!strstr(r.body.data, "\"title\":\"\""), "%u",
			      statuses[i]);
	}
}
END_TEST

START_TEST(header_lines)
{
	response_header(&r, "Retry-After", "%d", 5);
	response_header(&r, "ETag", "%s", "\"a\"");
	ck_assert_str_eq(r.head.data, "Retry-After: 5\r\nETag: \"a\"\r\n");
}
END_TEST

Suite *suite_response(void)
{
	Suite *s = suite_create("response");
	TCase *tc = tcase_create("response");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, json);
	tcase_add_test(tc, a_problem_replaces_what_was_there);
	tcase_add_test(tc, every_status_has_its_phrase);
	tcase_add_test(tc, header_lines);
	suite_add_tcase(s, tc);
	return s;
}
