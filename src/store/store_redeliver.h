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

/*
 * A waiting delivery becomes due now. ERR_NOT_FOUND: not in this organization.
 * ERR_CONFLICT: its hook was deleted. ERR_LIMIT: it has made
 * STORE_REDELIVER_ATTEMPTS_MAX attempts.
 */
enum err store_redeliver(struct store *s, const struct id *organization,
			 const struct id *delivery);

#endif
