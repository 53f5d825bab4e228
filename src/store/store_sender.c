/* SPDX-License-Identifier: MIT */
/*
 * store_sender: the table `vh_senders`.
 */
#include "store/store_sender.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/store.h"
#include "store/store_col.h"
#include "store/store_lane.h"

/* With binlog_format=STATEMENT every write at READ COMMITTED would fail, with
 * error 1665. */
enum err store_sender_check(struct store *s)
{
	struct db_stmt *q;
	bool bad = false;
	enum err e = db_query(s->db, "SELECT @@log_bin, @@binlog_format",
			      DB_NONE, &q);

	while (!e && db_next(q))
		bad = db_col_int(q, 0) &&
		      strcmp(db_col_text(q, 1), "STATEMENT") == 0;
	if (!bad)
		return e;
	log_error("the database has binlog_format=STATEMENT, with which it "
		  "refuses every write at READ COMMITTED: set "
		  "binlog_format=ROW or MIXED");
	return ERR_CONFIG;
}

enum err store_sender_note(struct store *s, const struct store_run *run)
{
	return db_exec(
		s->db,
		"INSERT INTO vh_senders (host, started_at, seen_at, ended_at, "
		"delivered, failed, retried) VALUES (?, ?, UTC_TIMESTAMP(3), "
		"IF(?, UTC_TIMESTAMP(3), NULL), ?, ?, ?) "
		"ON DUPLICATE KEY UPDATE started_at = VALUES(started_at), "
		"seen_at = VALUES(seen_at), ended_at = VALUES(ended_at), "
		"delivered = VALUES(delivered), failed = VALUES(failed), "
		"retried = VALUES(retried)",
		DB_ARGS(db_text(run->host), db_time(run->started_at),
			db_int(run->ended), db_uint(run->delivered),
			db_uint(run->failed), db_uint(run->retried)));
}

enum err store_sender_note_cron(struct store *s, const char *host,
				const char *place)
{
	return db_exec(s->db,
		       "UPDATE vh_senders SET cron_place = ?, "
		       "cron_at = UTC_TIMESTAMP(3) WHERE host = ?",
		       DB_ARGS(db_text(place), db_text(host)));
}

enum err store_sender_left(struct store *s, int64_t until, uint64_t *due,
			   uint64_t *held)
{
	struct db_stmt *q;
	enum err e;

	e = db_query(s->db,
		     "SELECT h.enabled = 1, COUNT(*) FROM vh_deliveries d "
		     "JOIN vh_hooks h ON h.id = d.lane "
		     "WHERE d.lane < " STORE_LANE_PING_SQL " "
		     "AND d.due_at <= ? AND h.deleted_at IS NULL "
		     "GROUP BY h.enabled UNION ALL "
		     "SELECT 0, COUNT(*) FROM vh_deliveries "
		     "WHERE lane >= " STORE_LANE_HELD_SQL,
		     DB_ARGS(db_time(until)), &q);
	if (e)
		return e;
	*due = *held = 0;
	while (db_next(q)) {
		if (db_col_int(q, 0))
			*due = db_col_uint(q, 1);
		else
			*held += db_col_uint(q, 1);
	}
	return ERR_OK;
}

bool store_sender_alive(const struct store_sender *s, int64_t now)
{
	return now - s->seen_at < STORE_SENDER_SILENCE_MS;
}

enum err store_sender_list(struct store *s, struct arena *arena,
			   struct store_sender **list, size_t *count)
{
	struct store_sender *rows;
	struct db_stmt *q;
	size_t n = 0;
	enum err e = db_query(s->db,
			      "SELECT host, started_at, seen_at, ended_at, "
			      "delivered, failed, retried FROM vh_senders "
			      "ORDER BY seen_at DESC, host",
			      DB_NONE, &q);

	if (e)
		return e;
	rows = arena_zalloc(arena, db_rows(q) * sizeof(*rows));
	while (db_next(q))
		rows[n++] = (struct store_sender){
			.host = store_col_text(q, 0, arena),
			.started_at = db_col_time(q, 1),
			.seen_at = db_col_time(q, 2),
			.ended_at = db_col_time(q, 3),
			.delivered = db_col_uint(q, 4),
			.failed = db_col_uint(q, 5),
			.retried = db_col_uint(q, 6),
		};
	*list = rows;
	*count = n;
	return ERR_OK;
}
