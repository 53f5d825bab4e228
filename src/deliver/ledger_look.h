/* SPDX-License-Identifier: MIT */
/*
 * ledger_look: how a ledger finds new work: one question tells what there is,
 * and only that is done. A worker that has found nothing, and has no lane,
 * leaves the looking to one of the run's workers (watch.h).
 */
#ifndef HOOKS_LEDGER_LOOK_H
#define HOOKS_LEDGER_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "deliver/intake.h"
#include "deliver/ledger_clock.h"

struct ledger_duties;
struct plan;
struct round;

/* Times are monotonic. */
struct ledger_look {
	const struct plan *plan; /* borrowed, as all three */
	struct round *round;
	struct ledger_duties *duties;
	struct intake intake;
	struct ledger_clock clock;
	int64_t next; /* as far as this worker knows */
	int64_t last; /* when it has looked */
	int64_t next_share, next_ring;
	bool in_vain; /* nothing was found */
	bool called;  /* somebody says that there is something */
	size_t take;  /* lanes to look for */
	bool full;    /* that many were found, so there may be more */
	bool left;    /* some are left to others */
};

void ledger_look_init(struct ledger_look *l, const struct plan *plan,
		      struct round *round, struct ledger_duties *duties);

/* Looks for published notifications and for lanes that are due. */
enum err ledger_look_run(struct ledger_look *l);
/* When to look next, at the latest; nobody has called. */
int64_t ledger_look_next(const struct ledger_look *l);
/* Whether it has nothing to do, and others may look for it. */
bool ledger_look_is_idle(const struct ledger_look *l);
/* A round was done, which may have given lanes back. */
void ledger_look_after_round(struct ledger_look *l);

#endif
