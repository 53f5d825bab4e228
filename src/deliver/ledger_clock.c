/* SPDX-License-Identifier: MIT */
/*
 * ledger_clock: two clocks side by side.
 */
#include "deliver/ledger_clock.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/store.h"
#include "store/store_clock.h"

enum { WATCH_MS = 1000 };

static enum err end_long_waits(struct store *s, int64_t ms)
{
	uint64_t lanes;
	enum err e = store_clock_sweep(s, &lanes);

	if (!e)
		log_warn("the database's clock was set back by %" PRId64
			 " s: %" PRIu64 " queues do not wait for it",
			 (ms + 500) / 1000, lanes);
	return e;
}

/* The server has read its clock at some time between `before` and now. */
enum err ledger_clock_watch(struct ledger_clock *c, struct store *s,
			    int64_t before)
{
	int64_t now = s->now, back;
	enum err e = ERR_OK;

	if (before < c->next)
		return ERR_OK;
	back = c->known ? c->ahead - (now - before) : 0;
	if (back > STORE_CLOCK_SKEW_MS)
		e = end_long_waits(s, back);
	if (e)
		return e;
	c->known = true;
	c->ahead = now - clock_monotonic();
	c->next = before + WATCH_MS;
	return ERR_OK;
}
