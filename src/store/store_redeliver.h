/* SPDX-License-Identifier: MIT */
/*
 * store_redeliver: sending one delivery again. It keeps its webhook-id and its
 * body, so all members of a batch go together; attempts go on counting, and the
 * schedule starts again.
 */
#ifndef HOOKS_STORE_REDELIVER_H
#define HOOKS_STORE_REDELIVER_H

#include "base/err.h"
#include "rules/id.h"

struct store;

enum { STORE_REDELIVER_ATTEMPTS_MAX = 60000 }; /* attempts made so far */

/* Why a delivery cannot be sent again. */
enum store_redeliver_no {
	STORE_REDELIVER_DELETED, /* its hook */
	STORE_REDELIVER_DISABLED,
	STORE_REDELIVER_ORDER,	  /* another one comes first */
	STORE_REDELIVER_EXPIRED,  /* its notification has an end, which is past
				   */
	STORE_REDELIVER_ERASED,	  /* its user was */
	STORE_REDELIVER_TOO_OFTEN /* STORE_REDELIVER_ATTEMPTS_MAX */
};

struct store_redeliver_refusal {
	enum store_redeliver_no why;
	struct id first; /* STORE_REDELIVER_ORDER: of its lane */
};

/*
 * It goes at once, ahead of the lane and through a suspension; in an ordered
 * lane the first one that waits ends the suspension, and a finished one goes
 * after all that wait. ERR_NOT_FOUND: not in this organization. ERR_CONFLICT:
 * it is refused.
 */
enum err store_redeliver(struct store *s, const struct id *organization,
			 const struct id *delivery,
			 struct store_redeliver_refusal *refusal);

#endif
