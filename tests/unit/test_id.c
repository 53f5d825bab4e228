/* SPDX-License-Identifier: MIT */
/*
 * id: written forms, and the way from a row's key to its id and back.
 */
#include "unit.h"

#include <string.h>

#include "rules/id.h"

static const char digits[] = "60af526954e6605aae0dad5a";

START_TEST(reads_what_it_writes)
{
	struct id id;
	char text[ID_TEXT_SIZE];

	ck_assert(id_parse(digits, 24, &id));
	ck_assert_uint_eq(id.b[0], 0x60);
	ck_assert_uint_eq(id.b[11], 0x5a);
	id_format(text, &id);
	ck_assert_str_eq(text, digits);
}
END_TEST

START_TEST(upper_case_is_read)
{
	struct id lower, upper;

	ck_assert(id_parse(digits, 24, &lower));
	ck_assert(id_parse("60AF526954E6605AAE0DAD5A", 24, &upper));
	ck_assert(id_equal(&lower, &upper));
}
END_TEST

START_TEST(other_forms_are_refused)
{
	static const char *const wrong[] = {
		"",
		"60af526954e6605aae0dad5",
		"60af526954e6605aae0dad5a0",
		"60af526954e6605aae0dad5g",
		" 60af526954e6605aae0dad5",
		"0x60af526954e6605aae0dad",
		"60af526954e6605aae0dad5\n",
	};
	struct id id, before;

	memset(&id, 7, sizeof(id));
	before = id;
	for (size_t i = 0; i < COUNT(wrong); i++)
		ck_assert_msg(!id_parse(wrong[i], strlen(wrong[i]), &id),
			      "\"%s\" was read", wrong[i]);
	ck_assert(!id_parse("60af526954e6\0"
			    "60aae0dad5a",
			    24, &id));
	ck_assert(id_equal(&id, &before));
}
END_TEST

START_TEST(layout_never_changes)
{
	struct id id;
	char text[ID_TEXT_SIZE];

	id_make(&id, ID_DELIVERY, 0xbeef, INT64_C(1622101329999),
		UINT64_C(0x123456789a));
	id_format(text, &id);
	ck_assert_str_eq(text, "60af4d5103beef123456789a");
}
END_TEST

START_TEST(serial_comes_back)
{
	static const uint64_t serials[] = {0,	1,	  255,
					   256, 1u << 31, ID_SERIAL_MAX};
	uint64_t serial;
	int64_t created;
	struct id id;

	for (size_t i = 0; i < COUNT(serials); i++) {
		id_make(&id, ID_HOOK, 65535, INT64_C(4294967295999),
			serials[i]);
		ck_assert(id_serial(&id, ID_HOOK, 65535, &serial, &created));
		ck_assert_uint_eq(serial, serials[i]);
		ck_assert_int_eq(created, INT64_C(4294967295));
	}
}
END_TEST

START_TEST(foreign_ids_have_no_serial)
{
	uint64_t serial = 42;
	int64_t created = 43;
	struct id id;

	id_make(&id, ID_NOTIFICATION, 7, 1000, 99);
	ck_assert(!id_serial(&id, ID_DELIVERY, 7, &serial, &created));
	ck_assert(!id_serial(&id, ID_NOTIFICATION, 8, &serial, &created));
	ck_assert(!id_serial(&id, ID_NOTIFICATION, 7 << 8, &serial, &created));
	ck_assert_uint_eq(serial, 42);
	ck_assert_int_eq(created, 43);
}
END_TEST

START_TEST(new_ids_differ_and_carry_the_time)
{
	struct id a, b;
	char text[ID_TEXT_SIZE];

	id_new(&a, INT64_C(1622101329775));
	id_new(&b, INT64_C(1622101329775));
	ck_assert(!id_equal(&a, &b));
	id_format(text, &a);
	ck_assert(strncmp(text, "60af4d51", 8) == 0);
}
END_TEST

Suite *suite_id(void)
{
	Suite *s = suite_create("id");
	TCase *t = tcase_create("id");

	tcase_add_test(t, reads_what_it_writes);
	tcase_add_test(t, upper_case_is_read);
	tcase_add_test(t, other_forms_are_refused);
	tcase_add_test(t, layout_never_changes);
	tcase_add_test(t, serial_comes_back);
	tcase_add_test(t, foreign_ids_have_no_serial);
	tcase_add_test(t, new_ids_differ_and_carry_the_time);
	suite_add_tcase(s, t);
	return s;
}
