/* SPDX-License-Identifier: MIT */
/*
 * store_schema: fresh, repeated, cut off in the middle, two at once, newer,
 * somebody else's tables; and the splitting of statements.
 */
#include "dbtest.h"

#include <pthread.h>
#include <string.h>

#include "store/store.h"
#include "store/store_schema.h"

enum { STEPS_MAX = 64 };

struct seen {
	unsigned count;
	unsigned number[STEPS_MAX];
};

static void note(void *arg, const struct store_schema_step *step)
{
	struct seen *s = arg;

	ck_assert_uint_lt(s->count, STEPS_MAX);
	s->number[s->count++] = step->number;
}

static enum err migrate(const struct store_schema_step *steps, unsigned count,
			bool dry_run, struct seen *seen)
{
	struct store_migration m = {
		.steps = steps,
		.count = count,
		.empty = steps == store_schema_steps ? STORE_SCHEMA_EMPTY : 0,
		.dry_run = dry_run,
		.each = note,
		.arg = seen};

	*seen = (struct seen){0};
	return store_migrate(dbtest_conf(), &m);
}

static int64_t number(const char *sql)
{
	struct db *db = db_new(dbtest_conf(), DB_ADMIN);
	int64_t v = dbtest_int(db, sql);

	db_free(db);
	return v;
}

static int64_t tables(void)
{
	return number("SELECT COUNT(*) FROM information_schema.tables "
		      "WHERE table_schema = DATABASE()");
}

static int64_t version(void)
{
	return number("SELECT version FROM vh_installation WHERE id = 1");
}

static void setup(void)
{
	dbtest_fresh("hooks_schema");
}

#define FIRST                                                                  \
	"CREATE TABLE IF NOT EXISTS vh_installation (\n"                       \
	"\tid INT NOT NULL PRIMARY KEY, version INT NOT NULL\n"                \
	");\n"                                                                 \
	"INSERT IGNORE INTO vh_installation VALUES (1, 0);\n"                  \
	"CREATE TABLE IF NOT EXISTS vh_deliveries (id INT NOT NULL "           \
	"PRIMARY KEY);\n"

#define SECOND                                                                 \
	"-- A comment; with a semicolon;\n"                                    \
	"ALTER TABLE vh_deliveries ADD COLUMN a INT NULL;\n"                   \
	"ALTER TABLE vh_deliveries ADD KEY a (a);\n"

#define THIRD                                                                  \
	"ALTER TABLE vh_deliveries DROP COLUMN a;\n"                           \
	"CREATE TABLE extra (id INT NOT NULL PRIMARY KEY);\n"

static const struct store_schema_step good[] = {
	{1, "001-first", FIRST},
	{2, "002-second", SECOND},
	{3, "003-third", THIRD},
};

/* All steps of a new database. */
static unsigned fresh_count(void)
{
	return store_schema_version() - STORE_SCHEMA_EMPTY;
}

START_TEST(the_real_steps)
{
	struct seen seen;

	assert_ok(migrate(store_schema_steps, store_schema_step_count, false,
			  &seen));
	ck_assert_uint_eq(seen.count, fresh_count());
	ck_assert_uint_eq(seen.number[0], STORE_SCHEMA_EMPTY + 1);
	ck_assert_int_eq(version(), store_schema_version());
	assert_ok(migrate(store_schema_steps, store_schema_step_count, false,
			  &seen));
	ck_assert_uint_eq(seen.count, 0);
}
END_TEST

/* Each statement of each step, run again when it was done already. */
START_TEST(the_real_steps_repeated_by_force)
{
	struct seen seen;
	struct db *db;

	assert_ok(migrate(store_schema_steps, store_schema_step_count, false,
			  &seen));
	db = db_new(dbtest_conf(), DB_ADMIN);
	assert_ok(db_exec(db, "UPDATE vh_installation SET version = ?",
			  DB_ARGS(db_uint(store_schema_steps[0].number - 1))));
	db_free(db);
	assert_ok(migrate(store_schema_steps, store_schema_step_count, false,
			  &seen));
	ck_assert_uint_eq(seen.count, store_schema_step_count);
	ck_assert_int_eq(version(), store_schema_version());
}
END_TEST

/* There is no way from a version that was never released. */
START_TEST(too_old_is_refused)
{
	struct seen seen;
	struct db *db;

	assert_ok(migrate(store_schema_steps, store_schema_step_count, false,
			  &seen));
	db = db_new(dbtest_conf(), DB_ADMIN);
	assert_ok(db_exec_text(db, "UPDATE vh_installation SET version = 7"));
	db_free(db);
	assert_err(migrate(store_schema_steps, store_schema_step_count, false,
			   &seen),
		   ERR_CONFIG);
	ck_assert_uint_eq(seen.count, 0);
	ck_assert_int_eq(version(), 7);
}
END_TEST

/* What each table needs to be the same everywhere. */
START_TEST(every_table_and_column_is_spelled_out)
{
	struct seen seen;

	assert_ok(migrate(store_schema_steps, store_schema_step_count, false,
			  &seen));
	ck_assert_int_gt(tables(), 5);
	ck_assert_int_eq(number("SELECT COUNT(*) FROM "
				"information_schema.tables "
				"WHERE table_schema = DATABASE() AND "
				"(engine <> 'InnoDB' OR table_comment = '' OR "
				"table_collation <> 'utf8mb4_bin')"),
			 0);
	ck_assert_int_eq(number("SELECT COUNT(*) FROM "
				"information_schema.columns "
				"WHERE table_schema = DATABASE() "
				"AND column_comment = ''"),
			 0);
}
END_TEST

START_TEST(one_step_at_a_time)
{
	struct seen seen;

	assert_ok(migrate(good, 1, false, &seen));
	ck_assert_int_eq(version(), 1);
	assert_ok(migrate(good, 3, false, &seen));
	ck_assert_uint_eq(seen.count, 2);
	ck_assert_uint_eq(seen.number[0], 2);
	ck_assert_uint_eq(seen.number[1], 3);
	ck_assert_int_eq(version(), 3);
}
END_TEST

START_TEST(a_dry_run_changes_nothing)
{
	struct seen seen;

	assert_ok(migrate(good, 3, true, &seen));
	ck_assert_uint_eq(seen.count, 3);
	ck_assert_int_eq(tables(), 0);
	assert_ok(migrate(good, 2, false, &seen));
	assert_ok(migrate(good, 3, true, &seen));
	ck_assert_uint_eq(seen.count, 1);
	ck_assert_int_eq(version(), 2);
}
END_TEST

/* The steps stop working after each of their statements in turn, as if
 * somebody had pulled the plug there; then the whole is run again. */
START_TEST(cut_off_anywhere_and_run_again)
{
	static const char *const cut[][3] = {
		{"CREATE TABLE IF NOT EXISTS vh_installation (id INT NOT NULL "
		 "PRIMARY KEY, version INT NOT NULL);\nBROKEN;\n",
		 SECOND, THIRD},
		{FIRST "BROKEN;\n", SECOND, THIRD},
		{FIRST,
		 "ALTER TABLE vh_deliveries ADD COLUMN a INT NULL;\nBROKEN;\n",
		 THIRD},
		{FIRST, SECOND "BROKEN;\n", THIRD},
		{FIRST, SECOND,
		 "ALTER TABLE vh_deliveries DROP COLUMN a;\nBROKEN;\n"},
		{FIRST, SECOND, THIRD "BROKEN;\n"},
	};
	static const unsigned done[] = {0, 0, 1, 1, 2, 2};
	struct store_schema_step steps[3];
	struct seen seen;

	ck_assert_uint_eq(COUNT(cut), COUNT(done));
	memcpy(steps, good, sizeof(steps));
	for (size_t i = 0; i < COUNT(steps); i++)
		steps[i].sql = cut[_i][i];
	assert_err(migrate(steps, 3, false, &seen), ERR_INTERNAL);
	ck_assert_uint_eq(seen.count, done[_i]);
	assert_ok(migrate(good, 3, false, &seen));
	ck_assert_uint_eq(seen.count, 3 - done[_i]);
	ck_assert_int_eq(version(), 3);
	ck_assert_int_eq(tables(), 3);
}
END_TEST

static const struct store_schema_step slow[] = {
	{1, "001-first", FIRST "DO SLEEP(0.5);\n"},
	/* Twice would be an error that is not passed over. */
	{2, "002-second", "ALTER TABLE vh_deliveries CHANGE id key_id INT;\n"},
};

static void *run_slow(void *arg)
{
	struct seen *seen = arg;

	assert_ok(migrate(slow, 2, false, seen));
	return NULL;
}

START_TEST(two_at_once_take_turns)
{
	struct seen a, b;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, run_slow, &a), 0);
	run_slow(&b);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(a.count + b.count, 2);
	ck_assert(a.count == 0 || b.count == 0);
	ck_assert_int_eq(version(), 2);
}
END_TEST

START_TEST(newer_is_refused)
{
	struct seen seen;

	assert_ok(migrate(good, 3, false, &seen));
	assert_err(migrate(good, 2, false, &seen), ERR_CONFIG);
	assert_err(migrate(good, 2, true, &seen), ERR_CONFIG);
	ck_assert_uint_eq(seen.count, 0);
	ck_assert_int_eq(version(), 3);
}
END_TEST

START_TEST(programs_refuse_another_version)
{
	struct store store;
	struct seen seen;
	struct db *db;

	assert_ok(migrate(store_schema_steps, store_schema_step_count, false,
			  &seen));
	db = db_new(dbtest_conf(), DB_ADMIN);
	for (int64_t wrong = -1; wrong <= 1; wrong += 2) {
		assert_ok(db_exec(
			db, "UPDATE vh_installation SET version = ?",
			DB_ARGS(db_int(store_schema_version() + wrong))));
		store_init(&store, dbtest_conf(), DB_API);
		assert_err(store_connect(&store), ERR_CONFIG);
		store_release(&store);
	}
	db_free(db);
}
END_TEST

/* Whatever step would have made it, and before anything is changed. */
START_TEST(a_table_of_somebody_else_is_refused)
{
	static const struct store_schema_step with_extra[] = {
		{1, "001-first", FIRST},
		{2, "002-extra",
		 "CREATE TABLE IF NOT EXISTS vh_extra (id INT) "
		 "COMMENT='ours';\n"},
	};
	struct seen seen;
	struct db *db = db_new(dbtest_conf(), DB_ADMIN);

	assert_ok(db_exec_text(db, "CREATE TABLE vh_extra (x INT)"));
	assert_err(migrate(with_extra, 2, false, &seen), ERR_CONFIG);
	assert_ok(db_exec_text(db, "RENAME TABLE vh_extra TO vh_hooks"));
	assert_err(migrate(store_schema_steps, store_schema_step_count, false,
			   &seen),
		   ERR_CONFIG);
	assert_err(migrate(store_schema_steps, store_schema_step_count, true,
			   &seen),
		   ERR_CONFIG);
	ck_assert_int_eq(tables(), 1);
	/* After an interruption it is ours. */
	assert_ok(db_exec_text(db, "DROP TABLE vh_hooks"));
	assert_ok(db_exec_text(db, "CREATE TABLE vh_extra (id INT) "
				   "COMMENT='ours'"));
	assert_ok(migrate(with_extra, 2, false, &seen));
	db_free(db);
}
END_TEST

START_TEST(statements_end_at_the_end_of_a_line)
{
	static const char *const want[] = {
		"SELECT ';'\n, 2", "SELECT 3 -- not; here", "SELECT 4\n"};
	const char *sql = "-- one;\n\nSELECT ';'\n, 2;\n\t-- two;\n"
			  "SELECT 3 -- not; here;  \r\n\nSELECT 4\n";
	struct buf out;

	buf_init(&out, 1000);
	for (size_t i = 0; i < COUNT(want); i++) {
		ck_assert(store_schema_statement(&sql, &out));
		ck_assert_str_eq(out.data, want[i]);
	}
	ck_assert(!store_schema_statement(&sql, &out));
	buf_release(&out);
}
END_TEST

Suite *suite_schema(void)
{
	Suite *s = suite_create("schema");
	TCase *t = tcase_create("schema");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, the_real_steps);
	tcase_add_test(t, the_real_steps_repeated_by_force);
	tcase_add_test(t, every_table_and_column_is_spelled_out);
	tcase_add_test(t, too_old_is_refused);
	tcase_add_test(t, one_step_at_a_time);
	tcase_add_test(t, a_dry_run_changes_nothing);
	tcase_add_loop_test(t, cut_off_anywhere_and_run_again, 0, 6);
	tcase_add_test(t, two_at_once_take_turns);
	tcase_add_test(t, newer_is_refused);
	tcase_add_test(t, programs_refuse_another_version);
	tcase_add_test(t, a_table_of_somebody_else_is_refused);
	tcase_add_test(t, statements_end_at_the_end_of_a_line);
	suite_add_tcase(s, t);
	return s;
}
