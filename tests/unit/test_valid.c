/* SPDX-License-Identifier: MIT */
/*
 * valid: each field at its limits, and what must not pass.
 */
#include "unit.h"

#include <string.h>

#include "rules/valid.h"

static bool passes(const char *(*check)(const char *, size_t), const char *s)
{
	return !check(s, strlen(s));
}

/* A run of one character, `n` times, under a rule. */
static bool run_passes(const char *(*check)(const char *, size_t),
		       const char *piece, size_t n)
{
	static char text[20000];
	size_t step = strlen(piece);

	ck_assert_uint_le(n * step, sizeof(text));
	for (size_t i = 0; i < n; i++)
		memcpy(text + i * step, piece, step);
	return !check(text, n * step);
}

START_TEST(header_names)
{
	static const char *const right[] = {
		"Authorization", "X-Api-Key",	    "x",
		"X_Y.z",	 "!#$%&'*+-.^_`|~", "Webhook",
		"Webhooks-Id",	 "Contents",	    "Hosted",
		"Accept",	 "X-Webhook-Id",    "Cookies",
		"Secret",
	};
	static const char *const wrong[] = {
		"",    " ",    "X Y", "X:",    ":",   "X-\xc3\xa9", "X\r\nY",
		"X\t", "X(y)", "X@y", "\"X\"", "X/y", "X=y",	    "{x}",
	};

	for (size_t i = 0; i < COUNT(right); i++)
		ck_assert_msg(passes(valid_header_name, right[i]), "%s",
			      right[i]);
	for (size_t i = 0; i < COUNT(wrong); i++)
		ck_assert_msg(!passes(valid_header_name, wrong[i]), "%s",
			      wrong[i]);
	ck_assert_ptr_nonnull(valid_header_name("X\0Y", 3));
	ck_assert(run_passes(valid_header_name, "x", VALID_HEADER_NAME_MAX));
	ck_assert(
		!run_passes(valid_header_name, "x", VALID_HEADER_NAME_MAX + 1));
}
END_TEST

START_TEST(headers_of_the_service)
{
	static const char *const own[] = {
		"webhook-id",
		"Webhook-Timestamp",
		"WEBHOOK-SIGNATURE",
		"webhook-attempt",
		"webhook-maybe-duplicate",
		"webhook-new",
		"webhook-",
		"Host",
		"host",
		"Content-Type",
		"content-length",
		"Content-Encoding",
		"Content-",
		"User-Agent",
		"Expect",
		"Transfer-Encoding",
		"TE",
		"Trailer",
		"Connection",
		"Keep-Alive",
		"Proxy-Connection",
		"Proxy-Authorization",
		"Upgrade",
		"Cookie",
		"Set-Cookie",
		"Accept-Encoding",
		"Range",
		"If-Match",
		"Via",
		"Forwarded",
		"X-Forwarded-For",
		"X_Forwarded_Proto",
		"X-Forwarded",
		"x-real-ip",
		"X-Real_IP",
		"CF-Connecting-IP",
		"Content_Type",
		"Date",
	};

	for (size_t i = 0; i < COUNT(own); i++) {
		const char *why = valid_header_name(own[i], strlen(own[i]));

		ck_assert_msg(why && strstr(why, "cannot be chosen"), "%s",
			      own[i]);
	}
}
END_TEST

START_TEST(header_values)
{
	static const char *const right[] = {"", "x", "Bearer a b",
					    "caf\xc3\xa9", "a;b,c=\"d\"\\"};
	static const char *const wrong[] = {
		"a\r\nX: y", "a\nb", "a\rb", "a\tb", "a\x01",  "a\x7f",
		" a",	     "a ",   " ",    "\xff", "caf\xe9"};

	for (size_t i = 0; i < COUNT(right); i++)
		ck_assert_msg(passes(valid_header_value, right[i]), "%s",
			      right[i]);
	for (size_t i = 0; i < COUNT(wrong); i++)
		ck_assert_msg(!passes(valid_header_value, wrong[i]), "%s",
			      wrong[i]);
	ck_assert_ptr_nonnull(valid_header_value("a\0b", 3));
	ck_assert(run_passes(valid_header_value, "x", 4096));
	ck_assert(!run_passes(valid_header_value, "x", 4097));
}
END_TEST

START_TEST(same_headers)
{
	ck_assert(valid_same_header("X-Api-Key", "x-api-key"));
	ck_assert(!valid_same_header("X-Api-Key", "X-Api-Keys"));
	ck_assert(!valid_same_header("X-Api-Key", "X_Api_Key"));
}
END_TEST

START_TEST(descriptions)
{
	ck_assert(passes(valid_description, ""));
	ck_assert(passes(valid_description, "Two\n\tlines, caf\xc3\xa9"));
	ck_assert(run_passes(valid_description, "x", 500));
	ck_assert(!run_passes(valid_description, "x", 501));
	ck_assert(run_passes(valid_description, "\xf0\x9f\x98\x80", 500));
	ck_assert(!run_passes(valid_description, "\xf0\x9f\x98\x80", 501));
	ck_assert(!passes(valid_description, "\xff"));
	ck_assert(!passes(valid_description, "a\x1b[31m"));
	ck_assert(!passes(valid_description, "a\x7f"));
	ck_assert(!passes(valid_description, "a\xc2\x85")); /* U+0085 */
	ck_assert(passes(valid_description, "a\xc2\xa0"));  /* U+00A0 */
	ck_assert_ptr_nonnull(valid_description("a\0b", 3));
}
END_TEST

START_TEST(names)
{
	ck_assert(!passes(valid_name, ""));
	ck_assert(passes(valid_name, "A"));
	ck_assert(passes(valid_name, "Caf\xc3\xa9 & Sons"));
	ck_assert(!passes(valid_name, "a\tb"));
	ck_assert(!passes(valid_name, "a\nb"));
	ck_assert(!passes(valid_name, "a\xff"));
	ck_assert(run_passes(valid_name, "\xc3\xa9", 100));
	ck_assert(!run_passes(valid_name, "\xc3\xa9", 101));
	ck_assert_ptr_nonnull(valid_name("a\0b", 3));
}
END_TEST

START_TEST(idempotency_keys)
{
	ck_assert(!passes(valid_idempotency_key, ""));
	ck_assert(passes(valid_idempotency_key, "~ key !"));
	ck_assert(run_passes(valid_idempotency_key, "k", 255));
	ck_assert(!run_passes(valid_idempotency_key, "k", 256));
	ck_assert(!passes(valid_idempotency_key, "a\tb"));
	ck_assert(!passes(valid_idempotency_key, "a\x7f"));
	ck_assert(!passes(valid_idempotency_key, "caf\xc3\xa9"));
	ck_assert_ptr_nonnull(valid_idempotency_key("a\0b", 3));
}
END_TEST

START_TEST(users)
{
	ck_assert(passes(valid_user, "60af526954e6605aae0dad5a"));
	ck_assert(passes(valid_user, "7"));
	ck_assert(passes(valid_user, "J\xc3\xb6rg <joerg@example.org>"));
	ck_assert(run_passes(valid_user, "u", 64));
	ck_assert(!run_passes(valid_user, "u", 65));
	ck_assert(!passes(valid_user, ""));
	ck_assert(!passes(valid_user, "a\tb"));
	ck_assert(!passes(valid_user, "a\x7f"));
	ck_assert(!passes(valid_user, "a\xc2\x85"));
	ck_assert(!passes(valid_user, "caf\xe9"));
	ck_assert_ptr_nonnull(valid_user("a\0b", 3));
}
END_TEST

START_TEST(replace_keys)
{
	ck_assert(passes(valid_replace_key, "reminder-42"));
	ck_assert(passes(valid_replace_key, "\xc3\xbc 42"));
	ck_assert(run_passes(valid_replace_key, "k", 128));
	ck_assert(!run_passes(valid_replace_key, "k", 129));
	ck_assert(!passes(valid_replace_key, ""));
	ck_assert(!passes(valid_replace_key, "a\nb"));
	ck_assert(!passes(valid_replace_key, "caf\xe9"));
	ck_assert_ptr_nonnull(valid_replace_key("a\0b", 3));
}
END_TEST

Suite *suite_valid(void)
{
	Suite *s = suite_create("valid");
	TCase *t = tcase_create("valid");

	tcase_add_test(t, header_names);
	tcase_add_test(t, headers_of_the_service);
	tcase_add_test(t, header_values);
	tcase_add_test(t, same_headers);
	tcase_add_test(t, descriptions);
	tcase_add_test(t, names);
	tcase_add_test(t, idempotency_keys);
	tcase_add_test(t, users);
	tcase_add_test(t, replace_keys);
	suite_add_tcase(s, t);
	return s;
}
