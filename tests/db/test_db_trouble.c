/* SPDX-License-Identifier: MIT */
/*
 * db: which error means what, and how long a statement may take.
 */
#include "dbtest.h"

#include "base/clock.h"

static struct db *db;

static void setup(void)
{
	dbtest_fresh("hooks_trouble");
	db = db_new(dbtest_conf(), DB_API);
	assert_ok(db_exec_text(db, "CREATE TABLE t (n INT NOT NULL) "
				   "ENGINE=InnoDB"));
}

static void teardown(void)
{
	db_free(db);
}

START_TEST(no_server_is_temporary)
{
	int64_t begin = clock_monotonic();

	db_close(db);
	dbtest_set(&dbtest_conf()->database.socket, "/nonexistent/socket");
	assert_err(db_exec(db, "UPDATE t SET n = 1", DB_NONE), ERR_TEMP);
	ck_assert_int_lt(clock_monotonic() - begin, 2000);
	ck_assert_str_ne(db_error_text(db), "");
}
END_TEST

START_TEST(no_database_is_configuration)
{
	db_close(db);
	dbtest_set(&dbtest_conf()->database.name, "hooks_that_is_not");
	assert_err(db_connect(db), ERR_CONFIG);
	ck_assert_uint_eq(db_error_number(db), 1049);
	/* A success forgets the failure. */
	dbtest_set(&dbtest_conf()->database.name, "hooks_trouble");
	assert_ok(db_connect(db));
	ck_assert_uint_eq(db_error_number(db), 0);
	ck_assert_str_eq(db_error_text(db), "");
}
END_TEST

START_TEST(a_wrong_password_is_configuration)
{
	db_close(db);
	dbtest_set(&dbtest_conf()->database.user, "hooks_nobody");
	dbtest_set(&dbtest_conf()->database.password, "wrong");
	assert_err(db_connect(db), ERR_CONFIG);
}
END_TEST

START_TEST(no_table_is_configuration)
{
	assert_err(db_exec(db, "UPDATE missing SET n = 1", DB_NONE),
		   ERR_CONFIG);
}
END_TEST

START_TEST(bad_sql_is_our_bug)
{
	assert_err(db_exec(db, "UPDATE t SETT n = 1", DB_NONE), ERR_INTERNAL);
	assert_err(db_exec(db, "SELECT 1; SELECT 2", DB_NONE), ERR_INTERNAL);
}
END_TEST

/* What the API asks ends in the server, too. */
START_TEST(a_statement_has_its_time)
{
	struct db_stmt *q;
	int64_t start = clock_monotonic(), took;

	assert_err(db_query(db,
			    "SELECT COUNT(*) FROM information_schema.columns a "
			    "JOIN information_schema.columns b "
			    "JOIN information_schema.columns c "
			    "WHERE SHA2(CONCAT(a.column_name, b.column_name, "
			    "c.column_name), 512) = ''",
			    DB_NONE, &q),
		   ERR_TEMP);
	took = clock_monotonic() - start;
	ck_assert_int_ge(took, 2000);
	ck_assert_int_lt(took, 2900);
	/* The connection goes on: the server has ended it, not we. */
	ck_assert_int_eq(dbtest_int(db, "SELECT COUNT(*) FROM t"), 0);
}
END_TEST

Suite *suite_db_trouble(void)
{
	Suite *s = suite_create("db trouble");
	TCase *t = tcase_create("trouble");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, no_server_is_temporary);
	tcase_add_test(t, no_database_is_configuration);
	tcase_add_test(t, a_wrong_password_is_configuration);
	tcase_add_test(t, no_table_is_configuration);
	tcase_add_test(t, bad_sql_is_our_bug);
	tcase_add_test(t, a_statement_has_its_time);
	suite_add_tcase(s, t);
	return s;
}
