/* SPDX-License-Identifier: MIT */
/*
 * db: locks that do not go away, and the end of what is idle.
 */
#include "dbtest.h"

#include "base/clock.h"

static struct db *api, *sender;
static int64_t usual_lease;

static void setup(void)
{
	dbtest_fresh("hooks_session");
	usual_lease = dbtest_conf()->sender.lease;
	dbtest_conf()->sender.lease = 6000;
	api = db_new(dbtest_conf(), DB_API);
	sender = db_new(dbtest_conf(), DB_SENDER);
	assert_ok(db_exec_text(api, "CREATE TABLE t (id INT NOT NULL "
				    "PRIMARY KEY, n INT NOT NULL) "
				    "ENGINE=InnoDB"));
	assert_ok(db_exec_text(api, "INSERT INTO t VALUES (1, 0)"));
}

static void teardown(void)
{
	db_free(api);
	db_free(sender);
	dbtest_conf()->sender.lease = usual_lease;
}

static enum err add(struct db *d)
{
	return db_exec(d, "UPDATE t SET n = n + 1 WHERE id = 1", DB_NONE);
}

static int64_t total(void)
{
	return dbtest_int(api, "SELECT n FROM t WHERE id = 1");
}

/* ---- locks ---- */

struct
try {
	unsigned runs;
	int64_t took;
};

static enum err add_once(struct db *d, void *arg)
{
	struct try *t = arg;

	t->runs++;
	return add(d);
}

static enum err hold_and_try(struct db *d, void *arg)
{
	struct try *t = arg;
	int64_t begin = clock_monotonic();
	enum err e = add(d);

	if (!e)
		e = db_tx(sender, DB_REPEAT, add_once, t);
	t->took = clock_monotonic() - begin;
	return e;
}

START_TEST(a_sender_meets_a_lock_once)
{
	struct try t = {0};

	assert_ok(db_connect(sender));
	assert_err(db_tx(api, DB_ONCE, hold_and_try, &t), ERR_TEMP);
	ck_assert(db_locked(sender));
	ck_assert_uint_eq(t.runs, 1);
	ck_assert_int_ge(t.took, 900);
	ck_assert_int_lt(t.took, 3000);
	assert_ok(db_tx(sender, DB_REPEAT, add_once, &t));
}
END_TEST

static bool waits_for_no_time(void)
{
	struct db_stmt *q;

	return db_query(api, "SHOW VARIABLES LIKE 'idle_transaction_timeout'",
			DB_NONE, &q) == ERR_OK &&
	       db_rows(q) == 1;
}

START_TEST(a_hasty_session_does_not_wait)
{
	struct try t = {0};
	bool not_at_all = waits_for_no_time();

	assert_ok(db_connect(sender));
	db_hasty(sender, true);
	assert_err(db_tx(api, DB_ONCE, hold_and_try, &t), ERR_TEMP);
	ck_assert(db_locked(sender));
	ck_assert_uint_eq(t.runs, 1);
	ck_assert_int_lt(t.took, not_at_all ? 800 : 3000);
	db_hasty(sender, false);
	assert_err(db_tx(api, DB_ONCE, hold_and_try, &t), ERR_TEMP);
	ck_assert_int_ge(t.took, 900);
}
END_TEST

/* ---- the end of what is idle ---- */

static enum err add_and_rest(struct db *d, void *arg)
{
	struct try *t = arg;
	enum err e = add(d);

	if (t->runs++ || e)
		return e;
	clock_sleep(3500);
	t->took = clock_monotonic();
	e = add(api);
	t->took = clock_monotonic() - t->took;
	return e ? e : add(d);
}

/* A host that dies in a transaction is one that rests there. */
START_TEST(a_senders_locks_end_before_its_lease)
{
	struct try t = {0};

	assert_ok(db_tx(sender, DB_REPEAT, add_and_rest, &t));
	ck_assert_int_lt(t.took, 500);
	ck_assert_uint_eq(t.runs, 2);
	ck_assert_int_eq(total(), 2);
}
END_TEST

/* A command may be stopped there, too. */
START_TEST(a_commands_locks_end_before_a_lease)
{
	struct db *admin = db_new(dbtest_conf(), DB_ADMIN);
	struct try t = {0};

	assert_ok(db_tx(admin, DB_REPEAT, add_and_rest, &t));
	ck_assert_int_lt(t.took, 500);
	ck_assert_uint_eq(t.runs, 2);
	ck_assert_int_eq(total(), 2);
	db_free(admin);
}
END_TEST

/* A migration has statements that take hours. */
START_TEST(a_commands_statement_may_take_longer)
{
	struct db *admin = db_new(dbtest_conf(), DB_ADMIN);

	assert_ok(db_exec_text(admin, "START TRANSACTION"));
	ck_assert_int_eq(dbtest_int(admin, "SELECT SLEEP(3.5)"), 0);
	assert_ok(db_exec_text(admin, "COMMIT"));
	db_free(admin);
}
END_TEST

static enum err count_connects(struct db *d, void *arg)
{
	unsigned *connects = arg;

	(void)d;
	++*connects;
	return ERR_OK;
}

START_TEST(an_idle_connection_is_opened_again)
{
	unsigned connects = 0;

	db_on_connect(sender, count_connects, &connects);
	assert_ok(add(sender));
	clock_sleep(3500);
	assert_ok(add(sender));
	ck_assert_uint_eq(connects, 2);
	ck_assert_int_eq(total(), 2);
}
END_TEST

START_TEST(no_session_is_made_to_last_longer)
{
	struct db *admin = db_new(dbtest_conf(), DB_ADMIN);

	assert_ok(db_exec_text(admin, "SET GLOBAL wait_timeout = 1"));
	ck_assert_int_eq(dbtest_int(sender, "SELECT @@wait_timeout"), 1);
	assert_ok(db_exec_text(admin, "SET GLOBAL wait_timeout = 28800"));
	ck_assert_int_eq(dbtest_int(admin, "SELECT @@GLOBAL.wait_timeout"),
			 28800);
	db_free(admin);
}
END_TEST

Suite *suite_db_session(void)
{
	Suite *s = suite_create("db session");
	TCase *t = tcase_create("session");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_sender_meets_a_lock_once);
	tcase_add_test(t, a_hasty_session_does_not_wait);
	tcase_add_test(t, a_senders_locks_end_before_its_lease);
	tcase_add_test(t, a_commands_locks_end_before_a_lease);
	tcase_add_test(t, a_commands_statement_may_take_longer);
	tcase_add_test(t, an_idle_connection_is_opened_again);
	tcase_add_test(t, no_session_is_made_to_last_longer);
	suite_add_tcase(s, t);
	return s;
}
