/* SPDX-License-Identifier: MIT */
/*
 * buf: growth, the ceiling, and bytes that go beyond it.
 */
#include "unit.h"

#include <string.h>

#include "base/buf.h"

START_TEST(empty_is_a_string)
{
	struct buf b;

	buf_init(&b, 10);
	ck_assert_str_eq(b.data, "");
	ck_assert_uint_eq(b.len, 0);
	buf_clear(&b);
	buf_release(&b);
	ck_assert_str_eq(b.data, "");
	ck_assert_uint_eq(b.max, 10);
}
END_TEST

START_TEST(grows_and_keeps)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	for (int i = 0; i < 100000; i++)
		buf_putc(&b, (char)('a' + i % 26));
	ck_assert_uint_eq(b.len, 100000);
	ck_assert(!b.overflow);
	for (int i = 0; i < 100000; i++)
		ck_assert_int_eq(b.data[i], 'a' + i % 26);
	ck_assert_int_eq(b.data[b.len], '\0');
	buf_release(&b);
}
END_TEST

START_TEST(full_to_the_last_byte)
{
	struct buf b;

	buf_init(&b, 64);
	for (int i = 0; i < 64; i++)
		buf_putc(&b, 'x');
	ck_assert(!b.overflow);
	ck_assert_uint_eq(b.len, 64);
	buf_add(&b, "", 0);
	ck_assert(!b.overflow);
	buf_putc(&b, 'x');
	ck_assert(b.overflow);
	ck_assert_uint_eq(b.len, 64);
	ck_assert_int_eq(b.data[64], '\0');
	buf_release(&b);
}
END_TEST

START_TEST(add_is_all_or_nothing)
{
	struct buf b;

	buf_init(&b, 5);
	buf_puts(&b, "abc");
	buf_puts(&b, "def");
	ck_assert(b.overflow);
	ck_assert_str_eq(b.data, "abc");
	buf_puts(&b, "d");
	ck_assert_str_eq(b.data, "abc");
	buf_release(&b);
}
END_TEST

START_TEST(add_cut_takes_what_fits)
{
	struct buf b;

	buf_init(&b, 5);
	buf_add_cut(&b, "abc", 3);
	ck_assert(!b.overflow);
	buf_add_cut(&b, "defg", 4);
	ck_assert(b.overflow);
	ck_assert_str_eq(b.data, "abcde");
	buf_add_cut(&b, "h", 1);
	ck_assert_uint_eq(b.len, 5);
	buf_release(&b);
}
END_TEST

START_TEST(a_ceiling_of_nothing)
{
	struct buf b;

	buf_init(&b, 0);
	buf_add(&b, NULL, 0);
	ck_assert(!b.overflow);
	buf_add_cut(&b, "x", 1);
	ck_assert(b.overflow);
	ck_assert_str_eq(b.data, "");
	buf_release(&b);
}
END_TEST

START_TEST(clear_starts_again)
{
	struct buf b;

	buf_init(&b, 5);
	buf_puts(&b, "abcdef");
	ck_assert(b.overflow);
	buf_clear(&b);
	ck_assert(!b.overflow);
	buf_puts(&b, "abcde");
	ck_assert(!b.overflow);
	ck_assert_str_eq(b.data, "abcde");
	buf_clear(&b);
	ck_assert_str_eq(b.data, "");
	buf_release(&b);
}
END_TEST

START_TEST(nul_bytes_are_bytes)
{
	struct buf b;

	buf_init(&b, 10);
	buf_add(&b, "a\0b", 3);
	ck_assert_uint_eq(b.len, 3);
	ck_assert_mem_eq(b.data, "a\0b", 4);
	buf_release(&b);
}
END_TEST

START_TEST(json_has_its_escapes)
{
	struct buf b;

	buf_init(&b, 100);
	buf_put_json(&b, "J\xc3\xb6rg \"\\/\x01\n");
	ck_assert_str_eq(b.data, "\"J\xc3\xb6rg \\\"\\\\/\\u0001\\u000a\"");
	buf_release(&b);
}
END_TEST

START_TEST(printf_fits_or_does_nothing)
{
	struct buf b;

	buf_init(&b, 10);
	buf_printf(&b, "%d-%s", 42, "abc");
	ck_assert_str_eq(b.data, "42-abc");
	buf_printf(&b, "%04d", 7);
	ck_assert_str_eq(b.data, "42-abc0007");
	ck_assert(!b.overflow);
	buf_printf(&b, "%s", "");
	ck_assert(!b.overflow);
	buf_printf(&b, "%c", 'x');
	ck_assert(b.overflow);
	ck_assert_str_eq(b.data, "42-abc0007");
	buf_release(&b);
}
END_TEST

Suite *suite_buf(void)
{
	Suite *s = suite_create("buf");
	TCase *t = tcase_create("buf");

	tcase_add_test(t, empty_is_a_string);
	tcase_add_test(t, grows_and_keeps);
	tcase_add_test(t, full_to_the_last_byte);
	tcase_add_test(t, add_is_all_or_nothing);
	tcase_add_test(t, add_cut_takes_what_fits);
	tcase_add_test(t, a_ceiling_of_nothing);
	tcase_add_test(t, clear_starts_again);
	tcase_add_test(t, nul_bytes_are_bytes);
	tcase_add_test(t, json_has_its_escapes);
	tcase_add_test(t, printf_fits_or_does_nothing);
	suite_add_tcase(s, t);
	return s;
}
