/* SPDX-License-Identifier: MIT */
/*
 * ledger_lock: one line when the wait begins, with the name of the client that
 * may hold the lock.
 */
#include "deliver/ledger_lock.h"

#include <stdio.h>

#include "deliver/outage.h"
#include "deliver/plan.h"
#include "store/store_blocker.h"

static void tell_begin(struct store *s, const struct plan *plan, size_t lanes,
		       size_t orgs)
{
	char who[STORE_BLOCKER_SIZE], text[STORE_BLOCKER_SIZE + 120];

	store_blocker_find(s, who);
	snprintf(text, sizeof(text),
		 "%zu queues, and new notifications of %zu organizations, "
		 "wait; %s",
		 lanes, orgs, who);
	(void)outage_note(plan->state, OUTAGE_LOCK, text);
	atomic_fetch_add(&plan->count->locked, 1);
}

void ledger_lock_tell(struct store *s, const struct plan *plan, bool *told,
		      size_t lanes, size_t orgs)
{
	bool locked = lanes || orgs;

	if (locked == *told)
		return;
	*told = locked;
	if (locked)
		tell_begin(s, plan, lanes, orgs);
	else if (atomic_fetch_sub(&plan->count->locked, 1) == 1)
		outage_end(plan->state, OUTAGE_LOCK);
}
