/* SPDX-License-Identifier: MIT */
/*
 * ledger_duty: the tasks of a ledger beside its rounds. One that the database
 * refuses, or that meets a lock, is left out for a while: deliveries go on.
 */
#ifndef HOOKS_LEDGER_DUTY_H
#define HOOKS_LEDGER_DUTY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct db;

enum ledger_duty {
	LEDGER_DUTY_LOOK,
	LEDGER_DUTY_TAKEOVER,
	LEDGER_DUTY_FANOUT,
	LEDGER_DUTY_LANES,
	LEDGER_DUTY_HOOKS,
	LEDGER_DUTY_CLOCK,
	LEDGER_DUTY_NOTE,
	LEDGER_DUTY_MAX
};

/* Begins as all zeros. */
struct ledger_duties {
	struct ledger_pause {
		int64_t until; /* monotonic */
		unsigned failures;
	} pause[LEDGER_DUTY_MAX];
	enum err refused; /* ERR_INTERNAL: one was, so the run has failed */
};

/* Whether the duty is not left out at the moment. */
bool ledger_duty_is_on(const struct ledger_duties *d, enum ledger_duty which);

/* After the duty, with its result: passes an error on that does not concern
 * this duty alone, or lasts too long; `idle`: nothing else is done. */
enum err ledger_duty_done(struct ledger_duties *d, enum ledger_duty which,
			  enum err e, const struct db *db, bool idle);

#endif
