/* SPDX-License-Identifier: MIT */
/*
 * publish_room: the limits of an organization, one after the other.
 */
#include "publish_room.h"

#include "base/text.h"
#include "call.h"
#include "store/store_due.h"
#include "store/store_publish.h"
#include "store/store_schedule.h"
#include "store/store_stored.h"

enum {
	RETRY_S = 30,	      /* by then some waiting deliveries may be sent */
	RETRY_STORED_S = 3600 /* by then retention may have removed some */
};

static void refuse_scheduled(struct call *c)
{
	response_problem(c->response, 429,
			 "%llu notifications of the organization are "
			 "scheduled, which is the limit; try again later.",
			 (unsigned long long)STORE_SCHEDULE_MAX);
	response_header(c->response, "Retry-After", "%d", RETRY_S);
}

static void refuse_waiting(struct call *c)
{
	response_problem(c->response, 429,
			 "%llu deliveries of the organization are waiting, "
			 "which is the limit; try again later.",
			 (unsigned long long)c->conf->api.max_due);
	response_header(c->response, "Retry-After", "%d", RETRY_S);
}

static void refuse_stored(struct call *c)
{
	char limit[TEXT_SIZE_SIZE];

	text_size_format(limit, c->conf->api.max_stored);
	response_problem(c->response, 429,
			 "The organization has stored %s, which is the limit; "
			 "retention removes old deliveries; so does "
			 "DELETE /v2/deliveries?until=.",
			 limit);
	response_header(c->response, "Retry-After", "%d", RETRY_STORED_S);
}

static uint64_t resource_bytes(const struct store_publish *p)
{
	uint64_t n = 0;

	for (size_t i = 0; i < p->count; i++)
		n += p->items[i].resource_len;
	return n;
}

enum err publish_room(struct call *c, const struct store_publish *p,
		      void (**refuse)(struct call *c))
{
	uint64_t bytes = resource_bytes(p), later = store_publish_later(p);
	uint64_t now = p->count - later, room = 0;
	enum err e = ERR_OK;

	*refuse = NULL;
	if (now)
		e = store_due_room(c->store, &p->organization,
				   STORE_DUE_PUBLISHER, now, &room);
	if (!e && room < now)
		*refuse = refuse_waiting;
	if (!e && later && !*refuse) {
		e = store_schedule_room(c->store, &p->organization, later,
					&room);
		*refuse = !e && room < later ? refuse_scheduled : NULL;
	}
	if (!e && !*refuse) {
		e = store_stored_room(c->store, &p->organization, bytes, &room);
		*refuse = !e && room < bytes ? refuse_stored : NULL;
	}
	return e;
}

void publish_room_used(struct call *c, const struct store_publish *p)
{
	size_t later = store_publish_later(p);

	store_due_added(c->store, &p->organization, p->count - later);
	store_schedule_added(c->store, &p->organization, later);
	store_stored_add(c->store, &p->organization, (int64_t)resource_bytes(p),
			 0);
}
