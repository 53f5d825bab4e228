/* SPDX-License-Identifier: MIT */
/*
 * store_quiet: asks the hook's lanes again and again.
 */
#include "store/store_quiet.h"

#include <stdbool.h>

#include "base/clock.h"
#include "store/store.h"
#include "store/store_lane.h"

enum { QUIET_FIRST_MS = 5, QUIET_PAUSE_MS = 40 };

/* False also when that cannot be asked. The lane of pings does
 * not care whether the hook is enabled. */
static bool is_quiet(struct store *s, uint64_t hook, int64_t change)
{
	uint64_t pings = change == STORE_LANE_HOOK_DELETED
				 ? store_lane_number(STORE_LANE_PING, hook)
				 : hook;
	struct db_stmt *q;

	return db_query(s->db,
			"SELECT 1 FROM vh_lanes WHERE hook_id IN (?, ?) AND "
			"owner IS NOT NULL AND next_at > UTC_TIMESTAMP(3) AND "
			"(hook_seen IS NULL OR hook_seen < ?) LIMIT 1",
			DB_ARGS(db_uint(hook), db_uint(pings), db_time(change)),
			&q) == ERR_OK &&
	       db_rows(q) == 0;
}

void store_quiet_wait(struct store *s, uint64_t hook, int64_t change)
{
	int64_t end = clock_monotonic() + STORE_QUIET_MS,
		pause = QUIET_FIRST_MS;

	while (!is_quiet(s, hook, change) && clock_monotonic() < end) {
		clock_sleep(pause);
		if (pause < QUIET_PAUSE_MS)
			pause *= 2;
	}
}
