/* SPDX-License-Identifier: MIT */
/*
 * store_start: three columns of `vh_installation`'s row, which is read before
 * it is written: those who ask and may not leave no lock behind.
 */
#include "store/store_start.h"

#include "base/text.h"
#include "store/store.h"

enum {
	LOST_MS = 30000,
	LOST_MAX = 5 /* counted; then the wait is 32 times as long */
};

enum err store_start_read(struct store *s, const char *host, const char *place,
			  struct store_start *out)
{
	struct db_stmt *q;
	enum err e = db_query(
		s->db,
		"SELECT UTC_TIMESTAMP(3), i.run_at, i.run_lost, "
		"i.run_at IS NULL OR EXISTS (SELECT 1 FROM vh_senders "
		"WHERE seen_at >= i.run_at), "
		"EXISTS (SELECT 1 FROM vh_senders WHERE host <> ? "
		"AND ended_at IS NULL "
		"AND seen_at > UTC_TIMESTAMP(3) - INTERVAL 15 SECOND), "
		"EXISTS (SELECT 1 FROM vh_senders WHERE cron_place <> ? "
		"AND cron_at > UTC_TIMESTAMP(3) - INTERVAL 1 DAY) "
		"AND NOT EXISTS (SELECT 1 FROM vh_senders "
		"WHERE cron_place = ? "
		"AND cron_at > UTC_TIMESTAMP(3) - INTERVAL 1 DAY) "
		"FROM vh_installation i WHERE i.id = 1",
		DB_ARGS(db_text(host), db_text(place), db_text(place)), &q);

	*out = (struct store_start){.at = TIME_NONE, .answered = true};
	while (!e && db_next(q))
		*out = (struct store_start){.now = db_col_time(q, 0),
					    .at = db_col_time(q, 1),
					    .lost = db_col_uint(q, 2),
					    .answered = db_col_int(q, 3) != 0,
					    .alive = db_col_int(q, 4) != 0,
					    .elsewhere = db_col_int(q, 5) != 0};
	return e;
}

/* How many starts in a row have not been heard of, the last one included. */
static uint64_t lost_in_a_row(const struct store_start *st)
{
	if (st->answered)
		return 0;
	return st->lost < LOST_MAX ? st->lost + 1 : LOST_MAX;
}

/* A time in the future was written before the clock was set back. */
int64_t store_start_wait(const struct store_start *st, bool patient)
{
	int64_t ms = STORE_START_MS, since;

	if (st->at == TIME_NONE || st->at > st->now)
		return 0;
	since = st->now - st->at;
	if (patient)
		ms <<= lost_in_a_row(st);
	return since < ms ? ms - since : 0;
}

bool store_start_is_lost(const struct store_start *st)
{
	return !st->answered && (st->lost || st->now - st->at > LOST_MS);
}

enum err store_start_claim(struct store *s, const struct store_start *st,
			   bool *may)
{
	enum err e = db_exec(
		s->db,
		"UPDATE vh_installation SET run_lost = ?, "
		"run_at = UTC_TIMESTAMP(3) WHERE id = 1 AND run_at <=> ?",
		DB_ARGS(db_uint(lost_in_a_row(st)), db_time(st->at)));

	*may = !e && db_affected(s->db) == 1;
	return e;
}
