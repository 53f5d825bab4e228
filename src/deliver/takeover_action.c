/* SPDX-License-Identifier: MIT */
/*
 * takeover_action: equal faults follow each other, so the last one is kept.
 */
#include "deliver/takeover_action.h"

#include <stdio.h>
#include <string.h>

#include "deliver/takeover_row.h"
#include "store/store.h"
#include "store/store_action.h"
#include "store/store_outbox.h"

void takeover_action_init(struct takeover_action *t)
{
	*t = (struct takeover_action){.reads = 0};
}

static bool is_last_action(const struct takeover_action *t,
			   const struct store_outbox_row *row)
{
	return *t->why && id_equal(&t->organization, &row->organization) &&
	       strcmp(t->action, row->action) == 0;
}

static enum err find_near_action(struct takeover_action *t, struct store *s,
				 const struct store_outbox_row *row)
{
	t->reads++;
	t->organization = row->organization;
	snprintf(t->action, sizeof(t->action), "%s", row->action);
	return store_action_unlisted(s, &row->organization, row->action, false,
				     t->why);
}

enum err takeover_action_why(struct takeover_action *t, struct store *s,
			     const struct store_outbox_row *row,
			     const char **why)
{
	enum err e = ERR_OK;

	*why = "is not in the catalogue";
	if (!takeover_row_unlisted(row, s->conf))
		return ERR_OK;
	if (!is_last_action(t, row) && t->reads < TAKEOVER_ACTION_READS)
		e = find_near_action(t, s, row);
	if (!e && is_last_action(t, row))
		*why = t->why;
	return e;
}
