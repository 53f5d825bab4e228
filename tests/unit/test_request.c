/* SPDX-License-Identifier: MIT */
/*
 * request: addresses, queries and headers, as servers hand them over.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "request.h"
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

static void renew(void)
{
	teardown();
	setup();
}

/* ---- the path ---- */

/* The segments with "|" between them; "-" for an address that is none. */
static const char *path_of(const char *base, const char *uri)
{
	static char text[400];
	const char *const variables[] = {
		"REQUEST_METHOD=GET",
		arena_printf(&u.request.arena, "REQUEST_URI=%s", uri), NULL};

	unit_call_head(&u, base, variables);
	if (u.request.no_path)
		return "-";
	*text = '\0';
	for (size_t i = 0, n = 0; i < u.request.segments; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s",
				      i ? "|" : "", u.request.segment[i]);
	return text;
}

START_TEST(paths)
{
	static const struct {
		const char *base, *uri, *want;
	} table[] = {
		{"", "/v2/hooks", "v2|hooks"},
		{"", "/v2/hooks/", "v2|hooks"},
		{"", "/v2//hooks", "v2||hooks"},
		{"", "/v2/hooks//", "v2|hooks|"},
		{"", "/", ""},
		{"", "", "-"},
		{"", "v2/hooks", "-"},
		{"", "*", "-"},
		{"", "/v2?a=/b/c", "v2"},
		{"", "/v2#/b", "v2"},
		{"", "http://example.com/v2/hooks", "v2|hooks"},
		{"", "http://example.com", "-"},
		/* Decoded after it was divided. */
		{"", "/v2/%68ooks", "v2|hooks"},
		{"", "/v2%2Fhooks", "v2/hooks"},
		{"", "/%C3%A9", "\xc3\xa9"},
		{"", "/a+b", "a+b"},
		{"", "/..", ".."},
		/* Not to be decoded. */
		{"", "/v2/%", "-"},
		{"", "/v2/%6", "-"},
		{"", "/v2/%6g", "-"},
		{"", "/v2/%00", "-"},
		{"", "/v2/%C3", "-"},
		{"", "/v2/\xff", "-"},
		/* As many segments as there may be, and one more. */
		{"", "/1/2/3/4/5/6", "1|2|3|4|5|6"},
		{"", "/1/2/3/4/5/6/", "1|2|3|4|5|6"},
		{"", "/1/2/3/4/5/6/7", "-"},
		/* Below a base. */
		{"/a", "/a/v2", "v2"},
		{"/a", "/%61/v2", "v2"},
		{"/a/b", "/a/b/v2/hooks", "v2|hooks"},
		{"/a", "/a/", ""},
		{"/a", "/a", "-"},
		{"/a", "/ab/v2", "-"},
		{"/a", "/b/v2", "-"},
		{"/a/b", "/a/v2", "-"},
		{"/a/b", "/a%2Fb/v2", "-"},
		{"/a", "/v2", "-"},
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		const char *got = path_of(table[i].base, table[i].uri);

		ck_assert_msg(strcmp(got, table[i].want) == 0,
			      "%s below %s: %s", table[i].uri, table[i].base,
			      got);
		renew();
	}
}
END_TEST

START_TEST(no_address_at_all)
{
	static const char *const variables[] = {"REQUEST_METHOD=GET",
						"PATH_INFO=/v2", NULL};

	unit_call_head(&u, "", variables);
	ck_assert(u.request.no_path);
}
END_TEST

/* ---- the query ---- */

START_TEST(parameters)
{
	unit_call_ask(&u, "GET", "/v2?a=1&b&&c=x+y%2B%26&d=e=f&%67=&");
	ck_assert_ptr_null(u.request.bad_query);
	ck_assert_uint_eq(u.request.params, 5);
	ck_assert_str_eq(request_param(&u.request, "a"), "1");
	ck_assert_str_eq(request_param(&u.request, "b"), "");
	ck_assert_str_eq(request_param(&u.request, "c"), "x y+&");
	ck_assert_str_eq(request_param(&u.request, "d"), "e=f");
	ck_assert_str_eq(request_param(&u.request, "g"), "");
	ck_assert_ptr_null(request_param(&u.request, "e"));
}
END_TEST

static const char *query_complaint(const char *query)
{
	renew();
	unit_call_ask(&u, "GET",
		      arena_printf(&u.request.arena, "/v2?%s", query));
	return u.request.bad_query;
}

START_TEST(bad_queries)
{
	static const char *const bad[] = {"a=1&a=2", "a=1&%61=1", "a=%", "%=a",
					  "a=%00",   "a=%ff",	  "a&a"};
	char many[REQUEST_PARAMS_MAX * 4 + 10] = "";
	char text[1002];

	for (size_t i = 0; i < COUNT(bad); i++)
		ck_assert_msg(query_complaint(bad[i]), "%s", bad[i]);
	for (int i = 0; i < REQUEST_PARAMS_MAX; i++)
		snprintf(many + strlen(many), 5, "%02d&", i);
	ck_assert_ptr_null(query_complaint(many));
	snprintf(many + strlen(many), 2, "x");
	ck_assert_ptr_nonnull(query_complaint(many));
	memset(text, 'a', 1001);
	text[1001] = '\0';
	ck_assert_ptr_nonnull(query_complaint(text));
	text[1000] = '\0';
	ck_assert_ptr_null(query_complaint(text));
}
END_TEST

/* ---- headers ---- */

START_TEST(headers)
{
	static const char *const variables[] = {"REQUEST_METHOD=POST",
						"REQUEST_URI=/v2",
						"CONTENT_TYPE=text/x",
						"HTTP_IF_MATCH=\"a\"",
						"HTTP_IF_MATCHES=b",
						"REMOTE_ADDR=192.0.2.1",
						"HTTP_AUTHORIZATION=",
						"REDIRECT_HTTP_AUTHORIZATION=k",
						NULL};

	unit_call_head(&u, "", variables);
	ck_assert_str_eq(u.request.method, "POST");
	ck_assert_str_eq(u.request.remote, "192.0.2.1");
	ck_assert_str_eq(u.request.header[REQUEST_CONTENT_TYPE], "text/x");
	ck_assert_str_eq(u.request.header[REQUEST_IF_MATCH], "\"a\"");
	ck_assert_ptr_null(u.request.header[REQUEST_IF_NONE_MATCH]);
	ck_assert_str_eq(u.request.header[REQUEST_AUTHORIZATION], "k");
	ck_assert_ptr_null(u.request.twice);
}
END_TEST

START_TEST(the_header_wins_over_the_redirected_one)
{
	static const char *const variables[] = {"REDIRECT_HTTP_AUTHORIZATION=k",
						"HTTP_AUTHORIZATION=h",
						"REQUEST_URI=/", NULL};

	unit_call_head(&u, "", variables);
	ck_assert_str_eq(u.request.header[REQUEST_AUTHORIZATION], "h");
}
END_TEST

START_TEST(a_repeated_header)
{
	static const char *const variables[] = {"HTTP_IDEMPOTENCY_KEY=a",
						"REQUEST_URI=/",
						"HTTP_IDEMPOTENCY_KEY=a", NULL};

	unit_call_head(&u, "", variables);
	ck_assert_str_eq(u.request.twice, "Idempotency-Key");
}
END_TEST

START_TEST(whoever_speaks_for_another)
{
	static const struct {
		const char *variable;
		bool forwarded;
	} table[] = {
		{"HTTP_X_FORWARDED_FOR=192.0.2.1", true},
		{"HTTP_X_FORWARDED_ANYTHING=", true},
		{"HTTP_FORWARDED=for=192.0.2.1", true},
		{"HTTP_VIA=1.1 x", true},
		{"HTTP_CF_CONNECTING_IP=192.0.2.1", true},
		{"HTTP_VIADUCT=x", false},
		{"HTTP_X_REAL_IPS=x", false},
		{"X_FORWARDED_FOR=192.0.2.1", false},
		{"HTTP_HOST=example.com", false},
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		const char *const variables[] = {"REQUEST_URI=/",
						 table[i].variable, NULL};

		renew();
		unit_call_head(&u, "", variables);
		ck_assert_msg(request_is_forwarded(&u.request) ==
				      table[i].forwarded,
			      "%s", table[i].variable);
	}
}
END_TEST

Suite *suite_request(void)
{
	Suite *s = suite_create("request");
	TCase *tc = tcase_create("request");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, paths);
	tcase_add_test(tc, no_address_at_all);
	tcase_add_test(tc, parameters);
	tcase_add_test(tc, bad_queries);
	tcase_add_test(tc, headers);
	tcase_add_test(tc, the_header_wins_over_the_redirected_one);
	tcase_add_test(tc, a_repeated_header);
	tcase_add_test(tc, whoever_speaks_for_another);
	suite_add_tcase(s, tc);
	return s;
}
