/* SPDX-License-Identifier: MIT */
/*
 * store_clock: times are moved by as much as the clock was ahead when they were
 * written, and bounded by what the rules allow.
 */
#include "store/store_clock.h"

#include <limits.h>

#include "base/text.h"
#include "rules/retry.h"
#include "store/store.h"
#include "store/store_match.h"

enum { CLOCK_STEP = 5000 };

int64_t store_clock_longest(const struct store *s, bool asked)
{
	const struct conf_schedule *schedule = &s->conf->sender.retry_schedule;

	return retry_longest(schedule->delay, schedule->count,
			     s->conf->sender.retry_jitter, asked);
}

static struct db_value micro(int64_t ms)
{
	return db_int(ms * 1000);
}

/* The longest wait of a lane that nobody has: a delivery's or a suspension's.
 */
static struct db_value waits(const struct store *s, bool asked)
{
	int64_t a = store_clock_longest(s, asked);
	int64_t b = retry_suspension(UINT_MAX, 1);

	return micro(a > b ? a : b);
}

enum err store_clock_sweep(struct store *s, uint64_t *n)
{
	static const char sweep[] =
		"UPDATE vh_lanes FORCE INDEX (next) SET "
		"touched = 1 - touched, next_at = UTC_TIMESTAMP(3) + INTERVAL "
		"IF(owner IS NULL, 0, LEAST(?, COALESCE("
		"TIMESTAMPDIFF(MICROSECOND, written_at, next_at), ?))) "
		"MICROSECOND WHERE next_at > UTC_TIMESTAMP(3) AND "
		"(written_at > UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND "
		"AND (owner IS NULL OR next_at > written_at) OR "
		"next_at > UTC_TIMESTAMP(3) + INTERVAL IF(owner IS NULL, "
		"IF(put_off, ?, ?), ? + ?) MICROSECOND) LIMIT ?";
	struct db_value lease = micro(s->conf->sender.lease);
	struct db_value skew = micro(STORE_CLOCK_SKEW_MS);
	enum err e;

	*n = 0;
	do {
		e = db_exec(s->db, sweep,
			    DB_ARGS(lease, lease, skew, waits(s, true),
				    waits(s, false), lease, skew,
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
#define TIME "CAST(? AS DATETIME(3))"
#define SINCE                                                                  \
	"COALESCE((SELECT a.started_at + INTERVAL a.total_us MICROSECOND "     \
	"FROM vh_attempts a WHERE a.delivery_id = vh_deliveries.id AND "       \
	"a.attempt = vh_deliveries.attempts), vh_deliveries.created_at)"

/* Only a failed attempt is a reason to wait, and none in an ordered lane, which
 * waits itself. All of it by the time of the round, which the lane's time does
 * not precede: what comes next must not stand before it. */
enum err store_clock_mend(struct store *s, uint64_t lane, bool ordered,
			  int64_t longest, bool *more)
{
	static const char mend[] =
		"UPDATE vh_deliveries FORCE INDEX (lane) SET due_at = "
		"IF(? OR tries = 0 OR due_at <= " SINCE ", COALESCE(?, ?), "
		"GREATEST(" TIME ", LEAST(" TIME ", " SINCE ") + INTERVAL "
		"LEAST(?, TIMESTAMPDIFF(MICROSECOND, " SINCE ", due_at)) "
		"MICROSECOND)) "
		"WHERE lane = ? AND due_at > ? AND "
		"(? OR tries = 0 OR " SINCE " > ? OR due_at > ?) "
		"ORDER BY due_at, id LIMIT ?";
	struct db_value now = db_time(s->now);
	struct db_value end = db_time(s->now + longest);
	int64_t place;
	enum err e = find_place(s, lane, &place);

	if (!e)
		e = db_exec(s->db, mend,
			    DB_ARGS(db_int(ordered), db_time(place), now, now,
				    now, micro(longest), db_uint(lane), now,
				    db_int(ordered), now, end,
				    db_int(CLOCK_STEP)));
	if (!e)
		*more = db_affected(s->db) == CLOCK_STEP;
	return e;
}
