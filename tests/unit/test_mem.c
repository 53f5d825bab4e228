/* SPDX-License-Identifier: MIT */
/*
 * mem: sizes of zero, copies, and an arena's blocks.
 */
#include "unit.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

START_TEST(nothing_can_be_freed)
{
	void *p = xmalloc(0);

	ck_assert_ptr_nonnull(p);
	p = xrealloc(p, 0);
	ck_assert_ptr_nonnull(p);
	free(p);
	p = xcalloc(0, 8);
	ck_assert_ptr_nonnull(p);
	free(p);
	p = xmemdup("", 0);
	ck_assert_ptr_nonnull(p);
	free(p);
}
END_TEST

START_TEST(copies)
{
	char *s = xstrdup("text"), *m = xmemdup("a\0b", 3);
	unsigned char *z = xcalloc(100, 3);

	ck_assert_str_eq(s, "text");
	ck_assert_mem_eq(m, "a\0b", 3);
	for (int i = 0; i < 300; i++)
		ck_assert_uint_eq(z[i], 0);
	s = xrealloc(s, 1000);
	ck_assert_str_eq(s, "text");
	free(s);
	free(m);
	free(z);
}
END_TEST

/* These end the process with status 70. */
START_TEST(no_memory_is_the_end)
{
	volatile size_t huge = SIZE_MAX - 100;

	free(xmalloc(huge));
}
END_TEST

START_TEST(no_product_wraps)
{
	volatile size_t half = SIZE_MAX / 2;

	free(xcalloc(half, 4));
}
END_TEST

START_TEST(no_arena_wraps)
{
	volatile size_t huge = SIZE_MAX;
	struct arena a;

	arena_init(&a);
	arena_alloc(&a, huge - 20);
}
END_TEST

START_TEST(arena_is_aligned)
{
	struct arena a;

	arena_init(&a);
	for (size_t n = 0; n < 3000; n++) {
		char *p = arena_alloc(&a, n);

		ck_assert_ptr_nonnull(p);
		ck_assert_uint_eq((uintptr_t)p % alignof(max_align_t), 0);
		memset(p, 0xa5, n);
	}
	arena_release(&a);
}
END_TEST

/* Small and large pieces keep their bytes while more are allocated. */
START_TEST(arena_pieces_do_not_meet)
{
	unsigned char *pieces[200];
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < COUNT(pieces); i++) {
		pieces[i] = arena_alloc(&a, i * i + 1);
		memset(pieces[i], (int)i, i * i + 1);
	}
	for (size_t i = 0; i < COUNT(pieces); i++) {
		ck_assert_uint_eq(pieces[i][0], i);
		ck_assert_uint_eq(pieces[i][i * i], i);
	}
	arena_release(&a);
}
END_TEST

START_TEST(arena_texts)
{
	struct arena a;
	unsigned char *z;

	arena_init(&a);
	ck_assert_str_eq(arena_strdup(&a, "text"), "text");
	ck_assert_mem_eq(arena_memdup(&a, "a\0b", 3), "a\0b", 4);
	ck_assert_str_eq(arena_memdup(&a, NULL, 0), "");
	ck_assert_str_eq(arena_printf(&a, "%d%s", 4, "2"), "42");
	z = arena_zalloc(&a, 500);
	for (int i = 0; i < 500; i++)
		ck_assert_uint_eq(z[i], 0);
	arena_release(&a);
}
END_TEST

START_TEST(arena_can_be_used_again)
{
	struct arena a;

	arena_init(&a);
	arena_release(&a);
	ck_assert_str_eq(arena_strdup(&a, "one"), "one");
	arena_release(&a);
	ck_assert_str_eq(arena_strdup(&a, "two"), "two");
	arena_release(&a);
	arena_release(&a);
}
END_TEST

Suite *suite_mem(void)
{
	Suite *s = suite_create("mem");
	TCase *t = tcase_create("mem");

	tcase_add_test(t, nothing_can_be_freed);
	tcase_add_test(t, copies);
	tcase_add_exit_test(t, no_memory_is_the_end, 70);
	tcase_add_exit_test(t, no_product_wraps, 70);
	tcase_add_exit_test(t, no_arena_wraps, 70);
	tcase_add_test(t, arena_is_aligned);
	tcase_add_test(t, arena_pieces_do_not_meet);
	tcase_add_test(t, arena_texts);
	tcase_add_test(t, arena_can_be_used_again);
	suite_add_tcase(s, t);
	return s;
}
