/* SPDX-License-Identifier: MIT */
/*
 * takeover_row: checks what an application wrote into a row of `vh_outbox`, and
 * makes the row of `vh_notifications` of it.
 */
#ifndef HOOKS_TAKEOVER_ROW_H
#define HOOKS_TAKEOVER_ROW_H

#include <stdbool.h>

#include "store/store_outbox.h"

struct conf;

/* Whether its action has the form of one and is not in the catalogue. */
bool takeover_row_unlisted(const struct store_outbox_row *row,
			   const struct conf *conf);

/* By the rules of the API. NULL: it keeps them; else the reason why it is
 * rejected, *arena*. `unlisted`: the one for an action that the catalogue does
 * not have. */
const char *takeover_row_check(const struct store_outbox_row *row,
			       const struct conf *conf, const char *unlisted,
			       struct arena *arena);

/* Whether it only cancels a scheduled one: it is no notification itself. */
bool takeover_row_is_bare(const struct store_outbox_row *row);
/* Queued, scheduled, or rejected for the reason, which is borrowed; its other
 * texts are *arena*. Of a resource that is too long, or no JSON, nothing is
 * kept. */
struct store_taken takeover_row_copy(const struct store_outbox_row *row,
				     const char *reason, struct arena *arena);

#endif
