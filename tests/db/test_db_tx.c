/* SPDX-License-Identifier: MIT */
/*
 * db: transactions that repeat, and connections that are lost.
 */
#include "dbtest.h"

#include <pthread.h>

#include "base/clock.h"

static struct db *db, *other;

static void setup(void)
{
	dbtest_fresh("hooks_tx");
	db = db_new(dbtest_conf(), DB_API);
	other = db_new(dbtest_conf(), DB_SENDER);
	assert_ok(db_exec_text(db, "CREATE TABLE t (id INT NOT NULL "
				   "PRIMARY KEY, n INT NOT NULL) "
				   "ENGINE=InnoDB"));
	assert_ok(db_exec_text(db, "INSERT INTO t VALUES (1, 0), (2, 0)"));
}

static void teardown(void)
{
	db_free(db);
	db_free(other);
}

static enum err add(struct db *d, int64_t id)
{
	return db_exec(d, "UPDATE t SET n = n + 1 WHERE id = ?",
		       DB_ARGS(db_int(id)));
}

static int64_t total(void)
{
	return dbtest_int(other, "SELECT CAST(SUM(n) AS SIGNED) FROM t");
}

/* ---- commit and rollback ---- */

struct work {
	unsigned runs;
	unsigned kills;	    /* first runs in which the connection dies */
	bool kill_at_start; /* before the first statement, not after it */
	enum err result;
};

static enum err do_work(struct db *d, void *arg)
{
	struct work *w = arg;
	bool dies = w->runs++ < w->kills;
	enum err e;

	if (dies && w->kill_at_start)
		dbtest_kill(d);
	e = add(d, 1);
	if (!e)
		e = w->result;
	if (!e && dies && !w->kill_at_start)
		dbtest_kill(d);
	return e;
}

START_TEST(commits)
{
	struct work w = {0};

	assert_ok(db_tx(db, DB_REPEAT, do_work, &w));
	ck_assert_uint_eq(w.runs, 1);
	ck_assert_int_eq(total(), 1);
}
END_TEST

START_TEST(rolls_back_when_the_body_says_no)
{
	struct work w = {.result = ERR_NOT_FOUND};

	assert_err(db_tx(db, DB_REPEAT, do_work, &w), ERR_NOT_FOUND);
	ck_assert_uint_eq(w.runs, 1);
	ck_assert_int_eq(total(), 0);
	/* And the connection has no transaction open. */
	assert_ok(add(db, 1));
	ck_assert_int_eq(total(), 1);
}
END_TEST

static enum err insert_twice(struct db *d, void *arg)
{
	static const char sql[] = "INSERT INTO t VALUES (?, 0)";
	unsigned *runs = arg;
	enum err e = db_exec(d, sql, DB_ARGS(db_int(3)));

	++*runs;
	return e ? e : db_exec(d, sql, DB_ARGS(db_int(3)));
}

START_TEST(a_conflict_is_not_repeated)
{
	unsigned runs = 0;

	assert_err(db_tx(db, DB_REPEAT, insert_twice, &runs), ERR_CONFLICT);
	ck_assert_uint_eq(runs, 1);
	ck_assert_int_eq(dbtest_int(other, "SELECT COUNT(*) FROM t"), 2);
}
END_TEST

/* ---- deadlock ---- */

struct rival {
	struct db *db;
	pthread_barrier_t *both_locked;
	int64_t first, second;
	unsigned runs;
	enum err result;
};

static enum err lock_both(struct db *d, void *arg)
{
	struct rival *r = arg;
	enum err e = add(d, r->first);

	/* Only the first runs collide: a repeated run is alone. */
	if (!e && r->runs++ == 0)
		pthread_barrier_wait(r->both_locked);
	return e ? e : add(d, r->second);
}

static void *run_rival(void *arg)
{
	struct rival *r = arg;

	r->result = db_tx(r->db, DB_ONCE, lock_both, r);
	return NULL;
}

START_TEST(a_deadlock_is_repeated)
{
	pthread_barrier_t barrier;
	struct rival a = {.db = db, .first = 1, .second = 2};
	struct rival b = {.db = other, .first = 2, .second = 1};
	pthread_t thread;

	assert_ok(db_connect(db));
	assert_ok(db_connect(other));
	pthread_barrier_init(&barrier, NULL, 2);
	a.both_locked = b.both_locked = &barrier;
	ck_assert_int_eq(pthread_create(&thread, NULL, run_rival, &b), 0);
	run_rival(&a);
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&barrier);
	assert_ok(a.result);
	assert_ok(b.result);
	ck_assert_uint_eq(a.runs + b.runs, 3);
	ck_assert_int_eq(total(), 4);
}
END_TEST

/* The reader has had a row of its answer when it becomes the victim: it has
 * changed nothing, and the other one has. */
static enum err read_both(struct db *d, void *arg)
{
	struct rival *r = arg;
	struct db_stmt *q;
	enum err e;

	if (r->runs++ == 0)
		pthread_barrier_wait(r->both_locked);
	e = db_query(d,
		     "SELECT id FROM t FORCE INDEX (PRIMARY) "
		     "WHERE id IN (1, 2) FOR UPDATE",
		     DB_NONE, &q);
	r->second = 0;
	while (!e && db_next(q))
		r->second += db_col_int(q, 0);
	return e;
}

static void *run_reader(void *arg)
{
	struct rival *r = arg;

	r->result = db_tx(r->db, DB_REPEAT, read_both, r);
	return NULL;
}

/* The server shows what it has shown before, until it was not asked for 100 ms.
 */
static void await_lock_wait(struct db *watcher)
{
	enum { PAUSE_MS = 150 };
	static const char waiting[] =
		"SELECT COUNT(*) FROM information_schema.innodb_trx "
		"WHERE trx_state = 'LOCK WAIT'";
	int64_t end = clock_monotonic() + 5000;

	while (!dbtest_int(watcher, waiting) && clock_monotonic() < end)
		clock_sleep(PAUSE_MS);
}

static enum err cross_the_reader(struct db *d, void *arg)
{
	struct rival *r = arg;
	enum err e = add(d, 2);

	if (!e && r->runs++ == 0) {
		pthread_barrier_wait(r->both_locked);
		await_lock_wait(other);
	}
	return e ? e : add(d, 1);
}

/* The reader waits for its lock as long as the role allows: a second would be
 * too short for a slow machine. */
START_TEST(a_deadlock_while_rows_are_read_is_repeated)
{
	pthread_barrier_t barrier;
	struct db *patient = db_new(dbtest_conf(), DB_ADMIN);
	struct rival reader = {.db = patient, .both_locked = &barrier};
	struct rival writer = {.db = db, .both_locked = &barrier};
	pthread_t thread;
	int64_t begin;

	assert_ok(db_connect(patient));
	assert_ok(db_connect(other));
	pthread_barrier_init(&barrier, NULL, 2);
	ck_assert_int_eq(pthread_create(&thread, NULL, run_reader, &reader), 0);
	assert_ok(db_tx(db, DB_ONCE, cross_the_reader, &writer));
	begin = clock_monotonic();
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&barrier);
	db_free(patient);
	assert_ok(reader.result);
	ck_assert_uint_eq(writer.runs, 1);
	ck_assert_uint_eq(reader.runs, 2);
	ck_assert_int_eq(reader.second, 1 + 2);
	/* It does not wait for rows that will not come. */
	ck_assert_int_lt(clock_monotonic() - begin, 3000);
	ck_assert_int_eq(total(), 2);
}
END_TEST

/* ---- a transaction that ends by itself ---- */

struct cut {
	unsigned runs;
	bool prepared; /* what follows was used before */
};

/* As a node of Galera's may do it, without a word. */
static enum err cut_off(struct db *d, void *arg)
{
	struct cut *c = arg;
	enum err e = add(d, 1);

	if (!e && c->runs++ == 0)
		e = db_exec_text(d, "ROLLBACK");
	if (!e && c->prepared)
		return add(d, 1);
	return e ? e
		 : db_exec(d, "UPDATE t SET n = n + 10 WHERE id = 2", DB_NONE);
}

START_TEST(a_rollback_unasked_for_is_noticed)
{
	struct cut c = {0};

	assert_ok(db_tx(db, DB_ONCE, cut_off, &c));
	ck_assert_uint_eq(c.runs, 2);
	ck_assert_int_eq(total(), 11);
	/* Too late for one statement, not for the rest. */
	c = (struct cut){.prepared = true};
	assert_ok(db_tx(db, DB_ONCE, cut_off, &c));
	ck_assert_uint_eq(c.runs, 2);
	ck_assert_int_eq(total(), 11 + 1 + 2);
}
END_TEST

/* ---- waiting for a lock ---- */

static enum err hold_and_try(struct db *holder, void *arg)
{
	int64_t *took = arg;
	int64_t begin;
	enum err e = add(holder, 1);

	if (e)
		return e;
	begin = clock_monotonic();
	db_deadline(db, begin + 2500);
	e = add(db, 1);
	*took = clock_monotonic() - begin;
	return e;
}

START_TEST(a_lock_is_waited_for_until_the_deadline)
{
	int64_t took = 0;

	assert_ok(db_connect(db));
	assert_err(db_tx(other, DB_REPEAT, hold_and_try, &took), ERR_TEMP);
	ck_assert_uint_eq(db_error_number(db), 1205);
	/* A second a try, and none that begins after the deadline. */
	ck_assert_int_ge(took, 1900);
	ck_assert_int_le(took, 4500);
	db_deadline(db, 0);
	assert_ok(add(db, 1));
	ck_assert_int_eq(total(), 1);
}
END_TEST

static bool stop_now(void *arg)
{
	unsigned *asked = arg;

	++*asked;
	return true;
}

START_TEST(abandoned_work_is_not_repeated)
{
	struct work w = {.kills = 9, .kill_at_start = true};
	unsigned asked = 0;

	db_abandon(db, stop_now, &asked);
	assert_err(db_tx(db, DB_REPEAT, do_work, &w), ERR_TEMP);
	ck_assert_uint_eq(w.runs, 1);
	ck_assert_uint_eq(asked, 1);
	ck_assert_int_eq(total(), 0);
}
END_TEST

/* ---- lost connections ---- */

static enum err count_connects(struct db *d, void *arg)
{
	unsigned *connects = arg;

	(void)d;
	++*connects;
	return ERR_OK;
}

START_TEST(reconnects_between_statements)
{
	unsigned connects = 0;
	struct db_stmt *q;

	db_on_connect(db, count_connects, &connects);
	db_close(db);
	assert_ok(add(db, 1));
	dbtest_kill(db);
	assert_ok(add(db, 1));
	dbtest_kill(db);
	assert_ok(db_query(db, "SELECT @@session.time_zone", DB_NONE, &q));
	ck_assert(db_next(q));
	ck_assert_str_eq(db_col_text(q, 0), "+00:00");
	ck_assert_uint_eq(connects, 3);
	ck_assert_int_eq(total(), 2);
}
END_TEST

START_TEST(a_transaction_cut_off_is_done_again_whole)
{
	struct work w = {.kills = 2, .kill_at_start = _i};

	assert_ok(db_tx(db, DB_REPEAT, do_work, &w));
	ck_assert_uint_eq(w.runs, 3);
	ck_assert_int_eq(total(), 1);
}
END_TEST

/* Killed after the last statement: COMMIT is what gets no answer. */
START_TEST(a_commit_in_doubt_is_reported_when_asked)
{
	struct work w = {.kills = 9};

	assert_err(db_tx(db, DB_ONCE, do_work, &w), ERR_TEMP);
	ck_assert_uint_eq(w.runs, 1);
	w = (struct work){0};
	assert_ok(db_tx(db, DB_ONCE, do_work, &w));
	ck_assert_int_eq(total(), 1);
}
END_TEST

START_TEST(gives_up_after_five_times)
{
	struct work w = {.kills = 99, .kill_at_start = true};

	assert_err(db_tx(db, DB_REPEAT, do_work, &w), ERR_TEMP);
	ck_assert_uint_eq(w.runs, 5);
	ck_assert_int_eq(total(), 0);
}
END_TEST

static enum err refuse(struct db *d, void *arg)
{
	(void)d;
	(void)arg;
	return ERR_CONFIG;
}

START_TEST(a_refused_connect_fails_the_statement)
{
	db_on_connect(db, refuse, NULL);
	db_close(db);
	assert_err(add(db, 1), ERR_CONFIG);
	ck_assert_int_eq(total(), 0);
}
END_TEST

Suite *suite_db_tx(void)
{
	Suite *s = suite_create("db tx");
	TCase *t = tcase_create("tx");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, commits);
	tcase_add_test(t, rolls_back_when_the_body_says_no);
	tcase_add_test(t, a_conflict_is_not_repeated);
	tcase_add_test(t, a_deadlock_is_repeated);
	tcase_add_test(t, a_deadlock_while_rows_are_read_is_repeated);
	tcase_add_test(t, a_rollback_unasked_for_is_noticed);
	tcase_add_test(t, a_lock_is_waited_for_until_the_deadline);
	tcase_add_test(t, abandoned_work_is_not_repeated);
	tcase_add_test(t, reconnects_between_statements);
	tcase_add_loop_test(t, a_transaction_cut_off_is_done_again_whole, 0, 2);
	tcase_add_test(t, a_commit_in_doubt_is_reported_when_asked);
	tcase_add_test(t, gives_up_after_five_times);
	tcase_add_test(t, a_refused_connect_fails_the_statement);
	suite_add_tcase(s, t);
	return s;
}
