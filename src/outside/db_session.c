/* SPDX-License-Identifier: MIT */
/*
 * db_session: the session of a new connection. The server is told to end it
 * when it is idle: a host that dies in a transaction would otherwise keep its
 * locks for hours.
 */
#include "outside/db_driver.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"

enum {
	UNKNOWN_VARIABLE = 1193, /* the server's number */
	IDLE_S = 20,		 /* a sender's or a command's, at most */
	IDLE_API_S = 60,	 /* without a limit for transactions alone */
	IDLE_API_TX_S = 5,
	NET_S = 10,
	STATEMENT_MS = 2500 /* of the API; its client waits for 3 s */
};

static const unsigned lock_wait_s[DB_ROLE_MAX] = {
	[DB_API] = 1,
	[DB_SENDER] = 1,
	[DB_ADMIN] = 5,
};

__attribute__((format(printf, 2, 3))) static enum err set_variables(
	struct db *db, const char *format, ...)
{
	char sql[256];
	va_list args;

	va_start(args, format);
	vsnprintf(sql, sizeof(sql), format, args);
	va_end(args);
	return mysql_query(db->my, sql) ? db_fail_connection(db) : ERR_OK;
}

/* MySQL has no such variable. MariaDB has it since 10.3, and since then can
 * also refuse to wait for a lock. */
static enum err find_kind(struct db *db)
{
	db->takes_none = false;
	if (mysql_query(db->my, "SELECT @@idle_transaction_timeout")) {
		if (mysql_errno(db->my) == UNKNOWN_VARIABLE)
			return ERR_OK;
		return db_fail_connection(db);
	}
	mysql_free_result(mysql_store_result(db->my));
	db->takes_none = true;
	return ERR_OK;
}

/* Well before a lease of the same sender would end, so that its lanes are not
 * locked when another sender may take them. */
static unsigned sender_idle_s(const struct db *db)
{
	int64_t seconds = db->conf->sender.lease / 3000;

	if (seconds < 1)
		return 1;
	return seconds < IDLE_S ? (unsigned)seconds : IDLE_S;
}

/* The API's connections wait for requests, and those of commands for people:
 * where the server tells idle transactions from idle connections, only those
 * are ended. No statement is idle, however long it takes. */
static enum err end_idle_tx(struct db *db, unsigned tx_s, unsigned any_s)
{
	if (db->takes_none)
		return set_variables(db,
				     "SET SESSION idle_transaction_timeout = "
				     "%u",
				     tx_s);
	return set_variables(db,
			     "SET SESSION wait_timeout = "
			     "LEAST(@@session.wait_timeout, %u)",
			     any_s);
}

static unsigned wanted_lock_wait_s(const struct db *db)
{
	if (db->hasty && db->takes_none)
		return 0;
	return db->hasty ? 1 : lock_wait_s[db->role];
}

/* One statement, because a sender connects each minute. */
static enum err end_idle_of_sender(struct db *db)
{
	unsigned s = sender_idle_s(db), wait = wanted_lock_wait_s(db);
	char more[48] = "";
	enum err e;

	if (db->takes_none)
		snprintf(more, sizeof(more), ", idle_transaction_timeout = %u",
			 s);
	e = set_variables(db,
			  "SET SESSION wait_timeout = "
			  "LEAST(@@session.wait_timeout, %u), "
			  "net_read_timeout = %d, net_write_timeout = %d, "
			  "innodb_lock_wait_timeout = %u%s",
			  s, NET_S, NET_S, wait, more);
	if (!e)
		db->lock_wait_s = wait;
	return e;
}

static enum err end_what_is_idle(struct db *db)
{
	enum err e = find_kind(db);

	if (e)
		return e;
	if (db->role == DB_API)
		return end_idle_tx(db, IDLE_API_TX_S, IDLE_API_S);
	if (db->role == DB_ADMIN)
		return end_idle_tx(db, sender_idle_s(db), sender_idle_s(db));
	return end_idle_of_sender(db);
}

/* Half of the time after which the server would close it. */
void db_keep(struct db *db)
{
	int64_t now = clock_monotonic();

	if (!db->my || now - db->used_at < sender_idle_s(db) * 500)
		return;
	db->used_at = now;
	if (mysql_ping(db->my))
		db_close(db);
}

/* The server goes on with a statement whose client has given up, and a tenant
 * may ask for many. MySQL limits only those that read. */
static enum err end_long_statements(struct db *db)
{
	if (db->role != DB_API)
		return ERR_OK;
	return db->takes_none
		       ? set_variables(db,
				       "SET SESSION max_statement_time = "
				       "%d.%03d",
				       STATEMENT_MS / 1000, STATEMENT_MS % 1000)
		       : set_variables(db,
				       "SET SESSION max_execution_time = %d",
				       STATEMENT_MS);
}

void db_hasty(struct db *db, bool hasty)
{
	db->hasty = hasty;
}

enum err db_session_lock_wait(struct db *db)
{
	unsigned seconds = wanted_lock_wait_s(db);
	enum err e;

	if (seconds == db->lock_wait_s)
		return ERR_OK;
	e = set_variables(db, "SET SESSION innodb_lock_wait_timeout = %u",
			  seconds);
	if (!e)
		db->lock_wait_s = seconds;
	return e;
}

enum err db_session_set(struct db *db)
{
	static const char *const fixed[] = {
		"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, "
		"READ WRITE",
		"SET SESSION time_zone = '+00:00', sql_mode = "
		"'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
		"ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', "
		/* A server may have its own defaults for these, too, and an
		 * init_connect such as SET NAMES. */
		"character_set_client = utf8mb4, character_set_results = "
		"utf8mb4, character_set_connection = utf8mb4, "
		"autocommit = 1, completion_type = 0, "
		"sql_select_limit = 18446744073709551615, "
		"sql_safe_updates = 0, sql_big_selects = 1, "
		"sql_auto_is_null = 0",
	};
	enum { UNKNOWN_S = 1000000 };
	enum err e;

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (mysql_query(db->my, fixed[i]))
			return db_fail_connection(db);
	db->lock_wait_s = UNKNOWN_S;
	e = end_what_is_idle(db);
	if (!e)
		e = end_long_statements(db);
	return e ? e : db_session_lock_wait(db);
}
