/* SPDX-License-Identifier: MIT */
/*
 * db: values come out as they went in: types, NULL, times, long columns, lists,
 * many rows; and the session that every connection has.
 */
#include "dbtest.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* 2021-05-27T08:03:53.775Z */
#define MOMENT INT64_C(1622102633775)

static struct db *db;

static void setup(void)
{
	dbtest_fresh("hooks_values");
	db = db_new(dbtest_conf(), DB_API);
	assert_ok(db_exec_text(
		db, "CREATE TABLE t (id INT NOT NULL PRIMARY KEY "
		    "AUTO_INCREMENT, i BIGINT, d DOUBLE, s VARCHAR(20), "
		    "b LONGBLOB, at DATETIME(3), ts TIMESTAMP(3) NOT NULL "
		    "DEFAULT CURRENT_TIMESTAMP(3)) ENGINE=InnoDB "
		    "DEFAULT CHARSET=utf8mb4"));
}

static void teardown(void)
{
	db_free(db);
}

static void insert(struct db_value i, struct db_value d, struct db_value s,
		   struct db_value b, struct db_value at)
{
	assert_ok(db_exec(db,
			  "INSERT INTO t (i, d, s, b, at) "
			  "VALUES (?, ?, ?, ?, ?)",
			  DB_ARGS(i, d, s, b, at)));
}

START_TEST(every_type_comes_back)
{
	unsigned char all[256];
	struct db_stmt *q;
	size_t n;

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (unsigned char)i;
	insert(db_int(INT64_MIN), db_double(0.1), db_text("Zürich 🪝"),
	       db_bytes(all, sizeof(all)), db_time(MOMENT));
	assert_ok(db_query(db, "SELECT i, d, s, b, at FROM t", DB_NONE, &q));
	ck_assert_uint_eq(db_rows(q), 1);
	ck_assert(db_next(q));
	ck_assert_int_eq(db_col_int(q, 0), INT64_MIN);
	ck_assert(db_col_double(q, 1) == 0.1);
	ck_assert_str_eq(db_col_text(q, 2), "Zürich 🪝");
	ck_assert_mem_eq(db_col_bytes(q, 3, &n), all, sizeof(all));
	ck_assert_uint_eq(n, sizeof(all));
	ck_assert_int_eq(db_col_time(q, 4), MOMENT);
	ck_assert(!db_next(q));
}
END_TEST

START_TEST(null_is_not_empty)
{
	struct db_stmt *q;
	size_t n = 1;

	insert(db_null(), db_null(), db_text(NULL), db_bytes("", 0),
	       db_time(TIME_NONE));
	assert_ok(db_query(db, "SELECT i, d, s, b, at FROM t", DB_NONE, &q));
	ck_assert(db_next(q));
	for (unsigned col = 0; col < 5; col++)
		ck_assert_int_eq(db_col_null(q, col), col != 3);
	ck_assert_int_eq(db_col_int(q, 0), 0);
	ck_assert(db_col_double(q, 1) == 0);
	ck_assert_str_eq(db_col_text(q, 2), "");
	ck_assert_str_eq(db_col_bytes(q, 3, &n), "");
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(db_col_time(q, 4), TIME_NONE);
}
END_TEST

/* Longer and shorter ones after each other, NULL between them. */
START_TEST(columns_of_any_length)
{
	static const size_t lengths[] = {0,	 1,   254, 255, 256,  5000, 3,
					 300000, 255, 257, 2,	4096, 10};
	char *big = xmalloc(300000);
	struct db_stmt *q;

	for (size_t i = 0; i < 300000; i++)
		big[i] = (char)('a' + i % 23);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		insert(db_uint(lengths[i]), db_null(), db_null(),
		       db_bytes(big, lengths[i]), db_null());
		insert(db_null(), db_null(), db_null(), db_null(), db_null());
	}
	assert_ok(db_query(db, "SELECT i, b FROM t ORDER BY id", DB_NONE, &q));
	for (size_t i = 0; i < COUNT(lengths); i++) {
		const char *got;
		size_t n;

		ck_assert(db_next(q));
		got = db_col_bytes(q, 1, &n);
		ck_assert_uint_eq(n, lengths[i]);
		ck_assert_uint_eq(strlen(got), n);
		ck_assert_int_eq(memcmp(got, big, n), 0);
		ck_assert(db_next(q));
		ck_assert(db_col_null(q, 1));
		ck_assert_str_eq(db_col_text(q, 1), "");
	}
	ck_assert(!db_next(q));
	free(big);
}
END_TEST

/* The test server's own zone is not UTC. */
START_TEST(times_are_utc)
{
	struct db_stmt *q;

	insert(db_null(), db_null(), db_null(), db_null(), db_time(MOMENT));
	assert_ok(db_query(db,
			   "SELECT CAST(at AS CHAR), UTC_TIMESTAMP(3), ts, "
			   "@@global.time_zone FROM t",
			   DB_NONE, &q));
	ck_assert(db_next(q));
	ck_assert_str_eq(db_col_text(q, 0), "2021-05-27 08:03:53.775");
	ck_assert_int_ge(db_col_time(q, 1), db_col_time(q, 2));
	ck_assert_int_lt(db_col_time(q, 1) - db_col_time(q, 2), 60000);
	ck_assert_str_ne(db_col_text(q, 3), "+00:00");
}
END_TEST

START_TEST(edges_of_time)
{
	static const char *const texts[] = {
		"1970-01-01T00:00:00.000Z", "1999-12-31T23:59:59.999Z",
		"2000-02-29T00:00:00.001Z", "2038-01-19T03:14:08.000Z",
		"9999-12-31T23:59:59.999Z"};
	struct db_stmt *q;
	int64_t ms;

	for (size_t i = 0; i < COUNT(texts); i++) {
		ck_assert(text_time_parse(texts[i], &ms));
		insert(db_null(), db_null(), db_null(), db_null(), db_time(ms));
	}
	assert_ok(db_query(db, "SELECT at FROM t ORDER BY id", DB_NONE, &q));
	for (size_t i = 0; db_next(q); i++) {
		char text[TEXT_TIME_SIZE];

		text_time(text, db_col_time(q, 0));
		ck_assert_str_eq(text, texts[i]);
	}
}
END_TEST

static void insert_rows(size_t rows)
{
	struct db_value *values = xcalloc(rows * 2, sizeof(*values));

	for (size_t i = 0; i < rows; i++) {
		values[2 * i] = db_uint(i + 1);
		values[2 * i + 1] = db_text(i % 2 ? "odd" : "even");
	}
	assert_ok(db_exec_rows(db, "INSERT INTO t (i, s) VALUES {(?, ?)}",
			       values, rows, 2));
	free(values);
}

START_TEST(many_rows_in_few_statements)
{
	static const size_t sizes[] = {1, 2, 5, 63, 255, 256, 257, 700};

	insert_rows((size_t)sizes[_i]);
	ck_assert_uint_eq(db_affected(db), sizes[_i]);
	ck_assert_int_eq(dbtest_int(db, "SELECT COUNT(*) FROM t"),
			 (int64_t)sizes[_i]);
	ck_assert_int_eq(dbtest_int(db, "SELECT COUNT(*) FROM t "
					"WHERE (s = 'even') = (i % 2 = 1)"),
			 (int64_t)sizes[_i]);
}
END_TEST

/* A list is padded to a power of two: no row may count twice. */
START_TEST(lists_of_any_length)
{
	static const size_t lengths[] = {1, 2, 3, 4, 5, 511, 512, 1000, 1024};
	size_t length = lengths[_i];
	struct db_value *list = xcalloc(length, sizeof(*list));
	struct db_stmt *q;
	int64_t sum = 0;

	insert_rows(1500);
	for (size_t i = 0; i < length; i++)
		list[i] = db_uint(i + 1);
	assert_ok(db_query_list(db,
				"SELECT i FROM t WHERE i < ? AND i IN ({?})",
				DB_ARGS(db_int(2000)), list, length, &q));
	ck_assert_uint_eq(db_rows(q), length);
	while (db_next(q))
		sum += db_col_int(q, 0);
	ck_assert_int_eq(sum, (int64_t)(length * (length + 1) / 2));
	assert_ok(db_exec_list(db, "UPDATE t SET i = i + ? WHERE i IN ({?})",
			       DB_ARGS(db_int(10000)), list, length));
	ck_assert_uint_eq(db_affected(db), length);
	free(list);
}
END_TEST

START_TEST(matched_rows_count_though_unchanged)
{
	insert_rows(3);
	assert_ok(db_exec(db, "UPDATE t SET s = s WHERE i > 1", DB_NONE));
	ck_assert_uint_eq(db_affected(db), 2);
}
END_TEST

START_TEST(keys_of_an_insert)
{
	insert_rows(4);
	insert(db_int(1), db_null(), db_null(), db_null(), db_null());
	ck_assert_int_eq(dbtest_int(db, "SELECT MAX(id) FROM t"),
			 (int64_t)db_insert_id(db));
}
END_TEST

struct keyed {
	uint64_t step; /* of the session's keys, from the second run on */
	uint64_t keys[5];
	size_t runs, done;
};

/* On Galera the step changes under a connection that stays. */
static enum err insert_keyed(struct db *d, void *arg)
{
	enum { ROWS = 5 };
	struct keyed *k = arg;
	struct db_value values[ROWS];

	for (size_t i = 0; i < ROWS; i++)
		values[i] = db_uint(i);
	if (k->runs++ == 0 && k->step)
		assert_ok(db_exec(d, "SET SESSION auto_increment_increment = ?",
				  DB_ARGS(db_uint(k->step))));
	return db_exec_keys(d, "INSERT INTO t (i) VALUES {(?)}", values, ROWS,
			    1, k->keys, &k->done);
}

static void check_keys(const struct keyed *k, size_t runs)
{
	static const char sql[] = "SELECT id FROM t ORDER BY id DESC LIMIT ?";
	struct db_stmt *q;

	ck_assert_uint_eq(k->runs, runs);
	ck_assert_uint_eq(k->done, 4); /* a power of two */
	assert_ok(db_query(db, sql, DB_ARGS(db_uint(k->done)), &q));
	for (size_t i = k->done; i-- > 0;) {
		ck_assert(db_next(q));
		ck_assert_uint_eq(db_col_uint(q, 0), k->keys[i]);
	}
}

START_TEST(keys_of_rows)
{
	static const uint64_t steps[] = {0, 3, 2, 0, 1};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct keyed k = {.step = steps[i]};

		assert_ok(db_tx(db, DB_ONCE, insert_keyed, &k));
		check_keys(&k, i && steps[i] ? 2 : 1);
	}
}
END_TEST

START_TEST(a_taken_key_is_a_conflict)
{
	static const char sql[] = "INSERT INTO t (id) VALUES (?)";

	assert_ok(db_exec(db, sql, DB_ARGS(db_int(7))));
	assert_err(db_exec(db, sql, DB_ARGS(db_int(7))), ERR_CONFLICT);
	ck_assert_uint_eq(db_error_number(db), 1062);
	assert_ok(db_exec(db, sql, DB_ARGS(db_int(8))));
}
END_TEST

START_TEST(too_long_is_our_bug)
{
	assert_err(db_exec(db, "INSERT INTO t (s) VALUES (?)",
			   DB_ARGS(db_text("123456789012345678901"))),
		   ERR_INTERNAL);
	ck_assert_int_eq(dbtest_int(db, "SELECT COUNT(*) FROM t"), 0);
}
END_TEST

START_TEST(other_statements_while_rows_are_walked)
{
	struct db_stmt *q;
	int64_t rows = 0;

	insert_rows(300);
	assert_ok(db_query(db, "SELECT i FROM t ORDER BY i", DB_NONE, &q));
	while (db_next(q)) {
		assert_ok(db_exec(
			db, "UPDATE t SET d = ? WHERE i = ?",
			DB_ARGS(db_double(1.5), db_int(db_col_int(q, 0)))));
		ck_assert_int_eq(db_col_int(q, 0), ++rows);
	}
	ck_assert_int_eq(rows, 300);
}
END_TEST

START_TEST(the_session_is_ours)
{
	struct db_stmt *q;

	assert_ok(db_query(db,
			   "SELECT @@session.tx_isolation, "
			   "@@session.time_zone, @@session.sql_mode, "
			   "@@session.character_set_client, "
			   "@@session.innodb_lock_wait_timeout",
			   DB_NONE, &q));
	ck_assert(db_next(q));
	ck_assert_str_eq(db_col_text(q, 0), "READ-COMMITTED");
	ck_assert_str_eq(db_col_text(q, 1), "+00:00");
	ck_assert_ptr_nonnull(strstr(db_col_text(q, 2), "STRICT_ALL_TABLES"));
	ck_assert_str_eq(db_col_text(q, 3), "utf8mb4");
	ck_assert_int_eq(db_col_int(q, 4), 1);
}
END_TEST

Suite *suite_db_values(void)
{
	Suite *s = suite_create("db values");
	TCase *t = tcase_create("values");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, every_type_comes_back);
	tcase_add_test(t, null_is_not_empty);
	tcase_add_test(t, columns_of_any_length);
	tcase_add_test(t, times_are_utc);
	tcase_add_test(t, edges_of_time);
	tcase_add_loop_test(t, many_rows_in_few_statements, 0, 8);
	tcase_add_loop_test(t, lists_of_any_length, 0, 9);
	tcase_add_test(t, matched_rows_count_though_unchanged);
	tcase_add_test(t, keys_of_an_insert);
	tcase_add_test(t, keys_of_rows);
	tcase_add_test(t, a_taken_key_is_a_conflict);
	tcase_add_test(t, too_long_is_our_bug);
	tcase_add_test(t, other_statements_while_rows_are_walked);
	tcase_add_test(t, the_session_is_ours);
	suite_add_tcase(s, t);
	return s;
}
