/* SPDX-License-Identifier: MIT */
/*
 * ledger_lock: reports locks that other clients do not give back, once and not
 * every minute, and their end.
 */
#ifndef HOOKS_LEDGER_LOCK_H
#define HOOKS_LEDGER_LOCK_H

#include <stdbool.h>
#include <stddef.h>

struct plan;
struct store;

/* `told`: kept by the caller, false at first. `lanes` and `orgs`: the numbers
 * of those that meet such a lock again and again. */
void ledger_lock_tell(struct store *s, const struct plan *plan, bool *told,
		      size_t lanes, size_t orgs);

#endif
