/* SPDX-License-Identifier: MIT */
/*
 * store_clock: times are moved by as much as the clock was ahead when they were
 * written.
 */
#include "store/store_clock.h"

#include "base/text.h"
#include "store/store.h"
#include "store/store_match.h"

enum { CLOCK_STEP = 5000 };

enum err store_clock_sweep(struct store *s, uint64_t *n)
{
	static const char sweep[] =
		"UPDATE vh_lanes FORCE INDEX (next) SET "
		"touched = 1 - touched, next_at = UTC_TIMESTAMP(3) + INTERVAL "
		"IF(owner IS NULL, 0, "
		"TIMESTAMPDIFF(MICROSECOND, written_at, next_at)) MICROSECOND "
		"WHERE next_at > UTC_TIMESTAMP(3) AND "
		"written_at > UTC_TIMESTAMP(3) + INTERVAL ? * 1000 MICROSECOND "
		"AND (owner IS NULL OR next_at > written_at) LIMIT ?";
	enum err e;

	*n = 0;
	do {
		e = db_exec(s->db, sweep,
			    DB_ARGS(db_int(STORE_CLOCK_SKEW_MS),
				    db_int(CLOCK_STEP)));
		if (!e)
			*n += db_affected(s->db);
	} while (!e && db_affected(s->db) == CLOCK_STEP);
	return e ? e : store_match_mend(s);
}

/* When the first delivery became due that was made later, with a clock that was
 * right again; TIME_NONE: there is none. */
static enum err find_place(struct store *s, uint64_t lane, int64_t *place)
{
	struct db_value now = db_time(s->now);
	struct db_stmt *q;
	enum err e = db_query(
		s->db,
		"SELECT due_at FROM vh_deliveries FORCE INDEX (lane) WHERE "
		"lane = ? AND due_at <= ? AND id > "
		"(SELECT id FROM vh_deliveries FORCE INDEX (lane) WHERE "
		"lane = ? AND due_at > ? AND created_at > ? "
		"ORDER BY due_at, id LIMIT 1) "
		"ORDER BY due_at LIMIT 1",
		DB_ARGS(db_uint(lane), now, db_uint(lane), now, now), &q);

	*place = TIME_NONE;
	while (!e && db_next(q))
		*place = db_col_time(q, 0);
	return e;
}

/* The time at which something was last written about a delivery: an attempt is
 * recorded when it ends, and both times are those of one clock. */
#define SINCE                                                                  \
	"COALESCE((SELECT a.started_at + INTERVAL a.total_us MICROSECOND "     \
	"FROM vh_attempts a WHERE a.delivery_id = vh_deliveries.id AND "       \
	"a.attempt = vh_deliveries.attempts), vh_deliveries.created_at)"

/* Only a failed attempt is a reason to wait, and none in an ordered lane, which
 * waits itself. All of it by the time of the round, which the lane's time does
 * not precede: what comes next must not stand before it. */
enum err store_clock_mend(struct store *s, uint64_t lane, bool ordered,
			  bool *more)
{
	static const char mend[] =
		"UPDATE vh_deliveries FORCE INDEX (lane) SET due_at = "
		"IF(? OR tries = 0 OR due_at <= " SINCE ", COALESCE(?, ?), "
		"? + INTERVAL "
		"TIMESTAMPDIFF(MICROSECOND, " SINCE ", due_at) MICROSECOND) "
		"WHERE lane = ? AND due_at > ? AND "
		"(? OR tries = 0 OR " SINCE " > ?) "
		"ORDER BY due_at, id LIMIT ?";
	struct db_value now = db_time(s->now);
	int64_t place;
	enum err e = find_place(s, lane, &place);

	if (!e)
		e = db_exec(s->db, mend,
			    DB_ARGS(db_int(ordered), db_time(place), now, now,
				    db_uint(lane), now, db_int(ordered), now,
				    db_int(CLOCK_STEP)));
	if (!e)
		*more = db_affected(s->db) == CLOCK_STEP;
	return e;
}
