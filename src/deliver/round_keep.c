/* SPDX-License-Identifier: MIT */
/*
 * round_keep: the organizations that have used half, and bytes not yet counted.
 */
#include "deliver/round_keep.h"

#include "base/clock.h"
#include "deliver/lane.h"
#include "deliver/parcel.h"
#include "deliver/parcel_list.h"
#include "deliver/round.h"
#include "store/store_stored.h"

static const struct id *organization_of(const struct parcel *p)
{
	return &p->lane->facts.hook.organization;
}

static size_t answer_bytes(const struct attempt *a)
{
	return a->headers.len + a->body.len;
}

void round_keep_choose(struct round *r, const struct parcel_list *back)
{
	for (struct parcel *p = back->first; p; p = p->next) {
		struct attempt *a = &p->request.attempt;

		if (!p->sent || !answer_bytes(a) ||
		    !store_stored_is_half(&r->store, organization_of(p)))
			continue;
		a->kept = ATTEMPT_FULL;
		buf_release(&a->headers);
		buf_release(&a->body);
	}
}

/* Each member of a batch has the answer with its own attempt. */
void round_keep_count(struct round *r, const struct parcel *p)
{
	size_t bytes = p->count * answer_bytes(&p->request.attempt);

	if (p->sent && !p->lane->draft.lost)
		store_stored_add(&r->store, organization_of(p), 0,
				 (int64_t)bytes);
}

void round_keep_write(struct round *r, bool now)
{
	if (now || store_stored_is_due(&r->store, clock_monotonic()))
		(void)store_stored_write(&r->store);
}
