/* SPDX-License-Identifier: MIT */
/*
 * db_sql: groups in braces.
 */
#include "unit.h"

#include "outside/db_sql.h"

static const struct {
	const char *sql;
	size_t repeats;
	const char *want;
} texts[] = {
	{"SELECT 1", 0, "SELECT 1"},
	{"SELECT 1", 3, "SELECT 1"},
	{"IN ({?})", 0, "IN ({?})"},
	{"IN ({?})", 1, "IN (?)"},
	{"IN ({?}) AND x", 3, "IN (?,?,?) AND x"},
	{"VALUES {(?, ?)}", 2, "VALUES (?, ?),(?, ?)"},
	{"({SELECT ?| UNION }) w", 1, "(SELECT ?) w"},
	{"({SELECT ?| UNION }) w", 2, "(SELECT ? UNION SELECT ?) w"},
	{"{?|}", 2, "??"},
};

START_TEST(a_group_is_repeated)
{
	struct buf out;

	db_sql_expand(&out, texts[_i].sql, texts[_i].repeats);
	ck_assert_str_eq(out.data, texts[_i].want);
	buf_release(&out);
}
END_TEST

START_TEST(few_sizes)
{
	ck_assert_uint_eq(db_sql_list_size(1), 1);
	ck_assert_uint_eq(db_sql_list_size(5), 8);
	ck_assert_uint_eq(db_sql_list_size(1024), 1024);
	ck_assert_uint_eq(db_sql_rows_size(1), 1);
	ck_assert_uint_eq(db_sql_rows_size(7), 4);
	ck_assert_uint_eq(db_sql_rows_size(1000), 256);
}
END_TEST

Suite *suite_db_sql(void)
{
	Suite *s = suite_create("db_sql");
	TCase *t = tcase_create("db_sql");

	tcase_add_loop_test(t, a_group_is_repeated, 0, (int)COUNT(texts));
	tcase_add_test(t, few_sizes);
	suite_add_tcase(s, t);
	return s;
}
