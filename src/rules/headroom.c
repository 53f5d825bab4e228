/* SPDX-License-Identifier: MIT */
/*
 * headroom: a ring of counts, searched from end to end: it is short.
 */
#include "rules/headroom.h"

enum { BELIEVED_MS = 5000 };

static size_t find_kept(const struct headroom *q, const struct id *organization)
{
	size_t i = 0;

	while (i < HEADROOM_KEPT &&
	       !(q->kept[i].at &&
		 id_equal(&q->kept[i].organization, organization)))
		i++;
	return i;
}

bool headroom_tells(const struct headroom *q, const struct id *organization,
		    const struct headroom_rule *rule, uint64_t want,
		    int64_t now, uint64_t *room)
{
	size_t i = find_kept(q, organization);
	int64_t counted, added, age;

	if (i == HEADROOM_KEPT)
		return false;
	age = now - q->kept[i].at;
	counted = (int64_t)q->kept[i].room;
	added = q->kept[i].added;
	*room = counted > added ? (uint64_t)(counted - added) : 0;
	if (!*room)
		return age < rule->full_ms;
	return age < BELIEVED_MS &&
	       added + (int64_t)want <= counted / (int64_t)rule->part;
}

void headroom_keep(struct headroom *q, const struct id *organization,
		   uint64_t room, int64_t now)
{
	size_t i = find_kept(q, organization);

	if (i == HEADROOM_KEPT) {
		i = q->next;
		q->next = (q->next + 1) % HEADROOM_KEPT;
	}
	q->kept[i].organization = *organization;
	q->kept[i].room = room;
	q->kept[i].added = 0;
	q->kept[i].at = now;
}

void headroom_added(struct headroom *q, const struct id *organization,
		    int64_t n)
{
	size_t i = find_kept(q, organization);

	if (i < HEADROOM_KEPT)
		q->kept[i].added += n;
}
