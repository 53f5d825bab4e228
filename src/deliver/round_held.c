/* SPDX-License-Identifier: MIT */
/*
 * round_held: receivers of delivery.failed hear of held deliveries, too: both
 * wait for a person.
 */
#include "deliver/round_tx.h"

#include "deliver/alert.h"
#include "deliver/operational.h"
#include "deliver/round.h"

/* Both of a hook's lanes have the same hook. */
static const struct store_lane_hook *hook_of(
	const struct store_lane_hook *hooks, uint64_t lane)
{
	while (hooks->hook != store_lane_hook_key(lane))
		hooks++;
	return hooks;
}

static enum err tell_held(struct round *r, const struct store_lane_held *held,
			  const struct store_lane_hook *hook)
{
	struct store_failed *list =
		arena_alloc(&r->arena, held->count * sizeof(*list));
	enum err e = alert_held(r, hook->hook, held->count);

	for (size_t i = 0; i < held->key_count; i++)
		list[i] = (struct store_failed){held->keys[i],
						hook->organization};
	if (!e && held->key_count)
		e = operational_ended(&r->store, list, held->key_count);
	return e;
}

enum err round_held(struct round *r, const struct store_lane_taken *taken,
		    const struct store_lane_hook *hooks)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < taken->held_count && !e; i++)
		e = tell_held(r, &taken->held[i],
			      hook_of(hooks, taken->held[i].lane));
	return e;
}
