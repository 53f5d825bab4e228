/* SPDX-License-Identifier: MIT */
/*
 * ledger_lock: tells of locks that other clients do not give back, once and not
 * every minute, and of their end.
 */
#ifndef HOOKS_LEDGER_LOCK_H
#define HOOKS_LEDGER_LOCK_H

#include <stdbool.h>
#include <stddef.h>

struct plan;
struct store;

/* `told`: kept by the caller, false at first. `lanes` and `orgs`: how many meet
 * such a lock again and again. */
void ledger_lock_tell(struct store *s, const struct plan *plan, bool *told,
		      size_t lanes, size_t orgs);

#endif
