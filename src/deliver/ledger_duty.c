/* SPDX-License-Identifier: MIT */
/*
 * ledger_duty: pauses that grow.
 */
#include "deliver/ledger_duty.h"

#include "base/clock.h"
#include "outside/db.h"

enum {
	PAUSE_MS = 1000,
	PAUSE_MAX_MS = 30000,
	FAILURES_MAX = 6 /* in a row: a minute */
};

bool ledger_duty_is_on(const struct ledger_duties *d, enum ledger_duty which)
{
	return clock_monotonic() >= d->pause[which].until;
}

/* 1, 2, 4 ... 30 s. */
static int64_t duty_pause(unsigned failures)
{
	int64_t ms = PAUSE_MS;

	while (failures-- && ms < PAUSE_MAX_MS)
		ms *= 2;
	return ms < PAUSE_MAX_MS ? ms : PAUSE_MAX_MS;
}

enum err ledger_duty_done(struct ledger_duties *d, enum ledger_duty which,
			  enum err e, const struct db *db, bool idle)
{
	struct ledger_pause *p = &d->pause[which];
	bool locked = e == ERR_TEMP && db_locked(db);

	if (!e)
		p->failures = 0;
	if (e != ERR_INTERNAL && !locked)
		return e;
	if (!locked)
		d->refused = e; /* the database layer has logged the reason */
	p->until = clock_monotonic() + duty_pause(p->failures++);
	return !locked && idle && p->failures >= FAILURES_MAX ? e : ERR_OK;
}
