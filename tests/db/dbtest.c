/* SPDX-License-Identifier: MIT */
/*
 * dbtest: runs the suites against the server and prints TAP.
 */
#include "dbtest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { STATEMENT_SIZE = 200 };

static struct conf conf;

struct conf *dbtest_conf(void)
{
	return &conf;
}

void dbtest_set(char **value, const char *text)
{
	free(*value);
	*value = xstrdup(text);
}

static void run_text(struct db *db, const char *format, const char *word)
{
	char sql[STATEMENT_SIZE];
	const char *at = strchr(format, '@');

	snprintf(sql, sizeof(sql), "%.*s%s%s", (int)(at - format), format, word,
		 at + 1);
	assert_ok(db_exec_text(db, sql));
}

void dbtest_fresh(const char *name)
{
	struct db *db = db_new(&conf, DB_ADMIN);

	run_text(db, "DROP DATABASE IF EXISTS @", name);
	run_text(db, "CREATE DATABASE @ CHARACTER SET utf8mb4", name);
	db_free(db);
	dbtest_set(&conf.database.name, name);
}

int64_t dbtest_int(struct db *db, const char *sql)
{
	struct db_stmt *q;
	int64_t v;

	assert_ok(db_query(db, sql, DB_NONE, &q));
	ck_assert(db_next(q));
	v = db_col_int(q, 0);
	ck_assert(!db_next(q));
	return v;
}

void dbtest_kill(struct db *db)
{
	struct db *other = db_new(&conf, DB_ADMIN);
	char number[24];

	snprintf(number, sizeof(number), "%lld",
		 (long long)dbtest_int(db, "SELECT CONNECTION_ID()"));
	run_text(other, "KILL @", number);
	/* The server ends it a moment later. */
	for (;;) {
		struct db_stmt *q;

		assert_ok(db_query(other,
				   "SELECT 1 FROM "
				   "information_schema.processlist "
				   "WHERE id = ?",
				   DB_ARGS(db_text(number)), &q));
		if (db_rows(q) == 0)
			break;
	}
	db_free(other);
}

int main(void)
{
	Suite *(*const suites[])(void) = {
		suite_db_values,  suite_db_tx,	      suite_db_trouble,
		suite_db_session, suite_schema,	      suite_store,
		suite_store_lane, suite_store_outcome};
	SRunner *runner = srunner_create(NULL);
	int failed;

	if (conf_load(&conf, getenv("HOOKS_TEST_CONFIG")))
		return EXIT_FAILURE;
	for (size_t i = 0; i < COUNT(suites); i++)
		srunner_add_suite(runner, suites[i]());
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	conf_release(&conf);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
