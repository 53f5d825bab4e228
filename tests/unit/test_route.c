/* SPDX-License-Identifier: MIT */
/*
 * route: the answers given before a handler runs. No request here gets as far
 * as the database.
 */
#include "unit.h"

#include <string.h>

#include "route.h"
#include "unit_call.h"

static struct unit_call u;

static void setup(void)
{
	unit_call_init(&u, NULL);
}

static void teardown(void)
{
	unit_call_release(&u);
}

static void ask(const char *method, const char *uri)
{
	teardown();
	setup();
	unit_call_ask(&u, method, uri);
	route_serve(&u.c, NULL);
}

static void allows(const char *want)
{
	const char *at = strstr(u.response.head.data, "Allow: ");
	size_t n = strlen(want);

	ck_assert_msg(at && strncmp(at + 7, want, n) == 0 && at[7 + n] == '\r',
		      "not %s: %s", want, u.response.head.data);
}

START_TEST(no_such_address)
{
	static const char *const uris[] = {
		"/",
		"/v2",
		"/v1/hooks",
		"/v2/hook",
		"/v2/hooksx",
		"/v2/Hooks",
		"/v2//hooks",
		"/v2/hooks//",
		"/v2/hooks/60af526954e6605aae0dad5a/nothing",
		"/v2/hooks//ping",
		"/v2/hooks/a/secret/rotate/b",
		"/healthz/a",
		"/%",
	};

	for (size_t i = 0; i < COUNT(uris); i++) {
		ask("GET", uris[i]);
		unit_call_answered(&u, 404, "nothing at this address");
		ck_assert_ptr_null(u.c.route);
	}
}
END_TEST

START_TEST(other_methods)
{
	ask("LOCK", "/v2/hooks/x");
	unit_call_answered(&u, 405, "GET, HEAD, PUT, PATCH, DELETE, OPTIONS");
	allows("GET, HEAD, PUT, PATCH, DELETE, OPTIONS");
	ck_assert_str_eq(u.c.route, "/v2/hooks/:id");
	ask("get", "/healthz");
	unit_call_answered(&u, 405, "GET, HEAD, OPTIONS");
	ask("HEAD", "/v2/hooks/x/ping");
	allows("POST, OPTIONS");
	ck_assert_uint_eq(u.response.status, 405);
	ask("OPTIONS", "/v2/notifications");
	ck_assert_uint_eq(u.response.status, 204);
	ck_assert_uint_eq(u.response.body.len, 0);
	allows("POST, GET, HEAD, DELETE, OPTIONS");
}
END_TEST

START_TEST(methods_that_a_post_stands_for)
{
	static const struct {
		const char *uri, *route;
	} table[] = {
		{"/v2/hooks/x/put", "/v2/hooks/:id"},
		{"/v2/hooks/x/delete/", "/v2/hooks/:id"},
		{"/v2/hooks/put/put", "/v2/hooks/:id"},
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		ask("POST", table[i].uri);
		unit_call_answered(&u, 401, "An API key is needed");
		ck_assert_str_eq(u.c.route, table[i].route);
		ask("GET", table[i].uri);
		ck_assert_uint_eq(u.response.status, 405);
		allows("POST, OPTIONS");
	}
	ask("POST", "/v2/hooks/put"); /* a hook of this name */
	ck_assert_uint_eq(u.response.status, 405);
	allows("GET, HEAD, PUT, PATCH, DELETE, OPTIONS");
	ask("POST", "/v2/hooks/x/ping/put");
	ck_assert_uint_eq(u.response.status, 404);
	ask("POST", "/v2/hooks/x/patch");
	ck_assert_uint_eq(u.response.status, 404);
	ask("POST", "/put");
	ck_assert_uint_eq(u.response.status, 404);
	ask("PATCH", "/v2/hooks/x");
	ck_assert_uint_eq(u.response.status, 401);
	ask("PATCH", "/v2/hooks");
	ck_assert_uint_eq(u.response.status, 405);
}
END_TEST

START_TEST(segments_of_the_pattern)
{
	ask("POST", "/v2/hooks/a%20b/secret/rotate");
	ck_assert_str_eq(u.c.route, "/v2/hooks/:id/secret/rotate");
	ck_assert_str_eq(u.c.arg[0], "a b");
}
END_TEST

START_TEST(without_a_key)
{
	ask("GET", "/v2/hooks/x");
	unit_call_answered(&u, 401, "An API key is needed");
	ask("HEAD", "/v2/hooks");
	ck_assert_uint_eq(u.response.status, 401);
	ask("GET", "/metrics");
	ck_assert_uint_eq(u.response.status, 401);
	/* No key has these characters, so nobody is asked. */
	ask("GET", "/v2/hooks?api_key=%27");
	unit_call_answered(&u, 401, "is unknown");
}
END_TEST

START_TEST(a_bad_query_comes_first)
{
	ask("GET", "/v2/hooks?limit=%");
	unit_call_answered(&u, 400, "percent-encoded");
	ask("GET", "/v2/hook?limit=%");
	ck_assert_uint_eq(u.response.status, 404);
}
END_TEST

START_TEST(a_repeated_header)
{
	static const char *const variables[] = {
		"REQUEST_METHOD=GET", "REQUEST_URI=/v2/hooks",
		"HTTP_IF_MATCH=a", "HTTP_IF_MATCH=b", NULL};

	unit_call_head(&u, "", variables);
	route_serve(&u.c, NULL);
	unit_call_answered(&u, 400, "The header If-Match is repeated");
}
END_TEST

Suite *suite_route(void)
{
	Suite *s = suite_create("route");
	TCase *tc = tcase_create("route");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, no_such_address);
	tcase_add_test(tc, methods_that_a_post_stands_for);
	tcase_add_test(tc, other_methods);
	tcase_add_test(tc, segments_of_the_pattern);
	tcase_add_test(tc, without_a_key);
	tcase_add_test(tc, a_bad_query_comes_first);
	tcase_add_test(tc, a_repeated_header);
	suite_add_tcase(s, tc);
	return s;
}
