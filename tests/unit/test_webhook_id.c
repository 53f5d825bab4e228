/* SPDX-License-Identifier: MIT */
/*
 * webhook_id: the written form.
 */
#include "unit.h"

#include <string.h>

#include "rules/webhook_id.h"

#define N "60af526954e6605aae0dad5b"
#define H "60af526954e6605aae0dad5a"

static struct webhook_id read_one(const char *text)
{
	struct webhook_id w;

	ck_assert(webhook_id_parse(text, strlen(text), &w));
	return w;
}

START_TEST(reads_what_it_writes)
{
	static const char *const texts[] = {N "-" H, N "-" H "-b"};
	char text[WEBHOOK_ID_SIZE];

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct webhook_id w = read_one(texts[i]);

		ck_assert_int_eq(w.batch, i == 1);
		ck_assert_uint_eq(w.notification.b[11], 0x5b);
		ck_assert_uint_eq(w.hook.b[11], 0x5a);
		webhook_id_format(text, &w);
		ck_assert_str_eq(text, texts[i]);
	}
}
END_TEST

START_TEST(upper_case_is_read)
{
	struct webhook_id w = read_one("60AF526954E6605AAE0DAD5B-" H);

	ck_assert_uint_eq(w.notification.b[11], 0x5b);
}
END_TEST

START_TEST(other_forms_are_refused)
{
	static const char *const wrong[] = {
		"",	      N,
		N "-",	      N "-" N "x",
		N "." H,      N H,
		N "-" H "-",  N "-" H "-B",
		N "-" H "b",  N "-" H "-bb",
		N "-" H "+b", "-" H,
		N "--" H,     N "-b-" H,
	};
	struct webhook_id w;

	for (size_t i = 0; i < COUNT(wrong); i++)
		ck_assert(!webhook_id_parse(wrong[i], strlen(wrong[i]), &w));
	ck_assert(!webhook_id_parse("60af526954e6605aae0dadxx-" H, 49, &w));
	ck_assert(!webhook_id_parse(N "-60af526954e6605aae0dadxx", 49, &w));
}
END_TEST

Suite *suite_webhook_id(void)
{
	Suite *s = suite_create("webhook_id");
	TCase *t = tcase_create("webhook_id");

	tcase_add_test(t, reads_what_it_writes);
	tcase_add_test(t, upper_case_is_read);
	tcase_add_test(t, other_forms_are_refused);
	suite_add_tcase(s, t);
	return s;
}
