/* SPDX-License-Identifier: MIT */
/*
 * publish_room: whether an organization may publish so much now: deliveries
 * that wait ([api] max_due), scheduled notifications, and stored bytes ([api]
 * max_stored).
 */
#ifndef HOOKS_PUBLISH_ROOM_H
#define HOOKS_PUBLISH_ROOM_H

#include "base/err.h"

struct call;
struct store_publish;

/* `refuse` makes the answer 429; NULL: there is room. */
enum err publish_room(struct call *c, const struct store_publish *p,
		      void (**refuse)(struct call *c));
/* Adds the publication to the counts that are kept. */
void publish_room_used(struct call *c, const struct store_publish *p);

#endif
