/* SPDX-License-Identifier: MIT */
/*
 * gateway: how much of the input is the body, under plain CGI.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway.h"

static struct gateway *g;

static void teardown(void)
{
	gateway_free(g);
}

/* A request with this announced length, and the bytes that the client sends. */
static void begin_with(const char *length, const char *sent)
{
	int ends[2];

	if (length)
		setenv("CONTENT_LENGTH", length, 1);
	else
		unsetenv("CONTENT_LENGTH");
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], sent, strlen(sent)),
			 (ssize_t)strlen(sent));
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	g = gateway_new();
	ck_assert_int_eq(gateway_next(g, -1), GATEWAY_REQUEST);
}

/* Reads in pieces of `piece` bytes to the end. */
static const char *body(size_t piece)
{
	static char text[200];
	size_t len = 0, n;

	while ((n = gateway_read(g, text + len, piece)))
		len += n;
	text[len] = '\0';
	return text;
}

START_TEST(as_many_bytes_as_announced)
{
	begin_with("5", "helloGET / HTTP/1.1");
	ck_assert_str_eq(body(2), "hello");
	ck_assert(!gateway_broken(g));
	ck_assert_uint_eq(gateway_read(g, (char[1]){0}, 1), 0);
}
END_TEST

START_TEST(fewer_bytes)
{
	begin_with("6", "hello");
	ck_assert_str_eq(body(100), "hello");
	ck_assert(gateway_broken(g));
}
END_TEST

START_TEST(a_body_that_never_comes)
{
	begin_with("1", "");
	ck_assert_str_eq(body(100), "");
	ck_assert(gateway_broken(g));
}
END_TEST

START_TEST(no_length_is_no_body)
{
	static const char *const lengths[] = {NULL, "", "0", "-1", "5x", " 5"};

	begin_with(lengths[_i], "hello");
	ck_assert_str_eq(body(100), "");
	ck_assert(!gateway_broken(g));
}
END_TEST

/* An announced length alone must not cause waiting or allocation. */
START_TEST(a_huge_length)
{
	begin_with("18446744073709551615", "hello");
	ck_assert_str_eq(body(100), "hello");
	ck_assert(gateway_broken(g));
}
END_TEST

START_TEST(the_rest_is_read_at_the_end)
{
	char c;

	begin_with("10000", "hello");
	ck_assert_uint_eq(gateway_read(g, &c, 1), 1);
	gateway_finish(g);
	ck_assert_int_eq(read(STDIN_FILENO, &c, 1), 0);
	ck_assert_int_eq(gateway_next(g, -1), GATEWAY_END);
}
END_TEST

Suite *suite_gateway(void)
{
	Suite *s = suite_create("gateway");
	TCase *tc = tcase_create("gateway");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, as_many_bytes_as_announced);
	tcase_add_test(tc, fewer_bytes);
	tcase_add_test(tc, a_body_that_never_comes);
	tcase_add_loop_test(tc, no_length_is_no_body, 0, 6);
	tcase_add_test(tc, a_huge_length);
	tcase_add_test(tc, the_rest_is_read_at_the_end);
	suite_add_tcase(s, tc);
	return s;
}
