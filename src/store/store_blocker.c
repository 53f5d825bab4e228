/* SPDX-License-Identifier: MIT */
/*
 * store_blocker: asks the server's own tables, which not every account may
 * read.
 */
#include "store/store_blocker.h"

#include <stdbool.h>
#include <stdio.h>

#include "store/store.h"

/* Asks first, because a query that is refused is logged as a fault of ours. */
static enum err may_see(struct store *s, bool *may)
{
	struct db_stmt *q;
	enum err e =
		db_query(s->db,
			 "SELECT 1 FROM information_schema.user_privileges "
			 "WHERE privilege_type = 'PROCESS' AND "
			 "grantee = CONCAT('''', REPLACE(CURRENT_USER(), '@', "
			 "'''@'''), '''')",
			 DB_NONE, &q);

	if (!e)
		*may = db_rows(q) > 0;
	return e;
}

/* The table has the time of the server's own zone. */
static enum err find_transactions(struct store *s, int64_t seconds, size_t max,
				  struct db_stmt **q)
{
	static const char sql[] =
		"SELECT trx_mysql_thread_id, user, host, seconds FROM ("
		"SELECT t.trx_mysql_thread_id, p.user, p.host, "
		"TIMESTAMPDIFF(SECOND, CONVERT_TZ(t.trx_started, 'SYSTEM', "
		"'+00:00'), UTC_TIMESTAMP()) AS seconds "
		"FROM information_schema.innodb_trx t "
		"LEFT JOIN information_schema.processlist p "
		"ON p.id = t.trx_mysql_thread_id "
		"WHERE t.trx_mysql_thread_id <> CONNECTION_ID() AND "
		"t.trx_state <> 'LOCK WAIT' AND t.trx_rows_locked > 0) x "
		"WHERE seconds >= ? ORDER BY seconds DESC LIMIT ?";

	return db_query(s->db, sql, DB_ARGS(db_int(seconds), db_uint(max)), q);
}

static void write_line(const struct db_stmt *q, char out[STORE_BLOCKER_SIZE])
{
	snprintf(out, STORE_BLOCKER_SIZE,
		 "thread %llu (%.64s@%.64s) has had a transaction open for "
		 "%lld s",
		 (unsigned long long)db_col_uint(q, 0), db_col_text(q, 1),
		 db_col_text(q, 2), (long long)db_col_int(q, 3));
}

enum err store_blocker_list(struct store *s, int64_t seconds,
			    char (*lines)[STORE_BLOCKER_SIZE], size_t max,
			    size_t *n, bool *seen)
{
	struct db_stmt *q;
	enum err e;

	*n = 0;
	*seen = false;
	e = may_see(s, seen);
	if (e || !*seen)
		return e;
	e = find_transactions(s, seconds, max, &q);
	while (!e && *n < max && db_next(q))
		write_line(q, lines[(*n)++]);
	return e;
}

/* A server tells who blocks whom only while somebody waits, and a statement
 * that was refused a lock waits no more. */
void store_blocker_find(struct store *s, char out[STORE_BLOCKER_SIZE])
{
	char line[1][STORE_BLOCKER_SIZE];
	bool seen = false;
	size_t n = 0;

	if (store_blocker_list(s, 1, line, 1, &n, &seen) == ERR_OK && n)
		snprintf(out, STORE_BLOCKER_SIZE,
			 "perhaps the oldest transaction with locks is in the "
			 "way: %.240s",
			 line[0]);
	else
		snprintf(out, STORE_BLOCKER_SIZE, "%s",
			 seen ? "no transaction with locks is a second old"
			      : "an account with the right PROCESS sees who it "
				"is with SELECT * FROM "
				"information_schema.innodb_trx");
}
