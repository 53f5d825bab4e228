/* SPDX-License-Identifier: MIT */
/*
 * dbtest: the suites that need a real server, and their common part. The
 * server's configuration file is named by $HOOKS_TEST_CONFIG; its user may
 * do everything and its database is empty when the program starts.
 */
#ifndef HOOKS_DBTEST_H
#define HOOKS_DBTEST_H

#include <check.h>

#include "outside/conf.h"
#include "outside/db.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define assert_ok(call) ck_assert_str_eq(err_name(call), "ok")
#define assert_err(call, want) ck_assert_str_eq(err_name(call), err_name(want))

/* Borrowed; each test runs in a process of its own, so that it may be
 * changed with dbtest_set(). */
struct conf *dbtest_conf(void);
void dbtest_set(char **value, const char *text);

/* Drops the database `name` and creates it again; the configuration names it
 * from now on. */
void dbtest_fresh(const char *name);

/* The first column of the first row, as a number. */
int64_t dbtest_int(struct db *db, const char *sql);

/* Ends the connection of `db` from outside, as a restart does. */
void dbtest_kill(struct db *db);

Suite *suite_db_values(void);
Suite *suite_db_tx(void);
Suite *suite_db_trouble(void);
Suite *suite_db_session(void);
Suite *suite_schema(void);
Suite *suite_store(void);
Suite *suite_store_lane(void);
Suite *suite_store_outcome(void);

#endif
