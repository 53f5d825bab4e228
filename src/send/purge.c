/* SPDX-License-Identifier: MIT */
/*
 * purge: the moments before which rows are removed, and the table of sweeps.
 */
#include "send/purge.h"

#include "base/clock.h"
#include "deliver/operational.h"
#include "store/store.h"
#include "store/store_recount.h"
#include "store/store_stats.h"
#include "store/store_stored.h"

enum {
	SECOND = 1000,
	DAY = 24 * 3600 * SECOND,
	INTERVAL_MIN = 10 * SECOND,
	INTERVAL_MAX = 3600 * SECOND,
	INTERVAL_SHARE = 20, /* the part of the retention time: 1/20 */
	/* Longer than a transaction and than the difference of clocks. */
	SETTLED_MIN = 600 * SECOND
};

static const struct {
	const char *name;
	enum err (*step)(struct store *s, const struct store_purge *p,
			 struct store_purge_place *at,
			 struct store_purged *done);
	size_t kept; /* the offset of the time in struct conf; 0: once a day */
} sweeps[PURGE_MAX] = {
	[PURGE_HELD] = {"purge held", store_purge_held,
			offsetof(struct conf, retention.held)},
	[PURGE_DELIVERIES] = {"purge deliveries", store_purge_deliveries,
			      offsetof(struct conf, retention.deliveries)},
	[PURGE_NOTIFICATIONS] = {"purge notifications",
				 store_purge_notifications,
				 offsetof(struct conf,
					  retention.notifications)},
	[PURGE_HOOKS] = {"purge hooks", store_purge_hooks,
			 offsetof(struct conf, retention.held)},
	[PURGE_IDEMPOTENCY] = {"purge idempotency keys",
			       store_purge_idempotency,
			       offsetof(struct conf, retention.idempotency)},
	[PURGE_STATS] = {"purge statistics", store_purge_stats,
			 offsetof(struct conf, retention.deliveries)},
	[PURGE_PAYLOADS] = {"recount payloads", store_recount_payloads, 0},
	[PURGE_ANSWERS] = {"recount answers", store_recount_answers, 0},
};

static int64_t greater(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

const char *purge_name(enum purge_sweep sweep)
{
	return sweeps[sweep].name;
}

int64_t purge_interval(const struct store *s, enum purge_sweep sweep)
{
	const char *conf = (const char *)s->conf;
	const int64_t *kept = (const void *)(conf + sweeps[sweep].kept);
	int64_t ms;

	if (!sweeps[sweep].kept)
		return DAY;
	ms = greater(*kept / INTERVAL_SHARE, INTERVAL_MIN);
	return ms < INTERVAL_MAX ? ms : INTERVAL_MAX;
}

/* A notification is kept as long as an idempotency key that is answered from
 * it. A plot's first step begins before the requested time: by up to an hour,
 * or a day. */
static struct store_purge moments(const struct store *s, int64_t now)
{
	const struct conf *c = s->conf;

	return (struct store_purge){
		.deliveries = now - c->retention.deliveries,
		.notifications = now - greater(c->retention.notifications,
					       c->retention.idempotency),
		.held = now - c->retention.held,
		.minutes = now - STORE_MINUTES_MS - STORE_HOUR_MS,
		.hours = now - c->retention.deliveries - 24 * STORE_HOUR_MS,
		.idempotency = now - c->retention.idempotency,
		.settled = now - greater(2 * c->sender.lease, SETTLED_MIN),
		.expired = operational_ended,
	};
}

enum err purge_step(struct store *s, enum purge_sweep sweep, bool dry_run,
		    struct store_purge_place *at, struct store_purged *done)
{
	struct store_purge p;
	int64_t now;
	enum err e = store_now(s, &now);

	if (e)
		return e;
	p = moments(s, now);
	p.dry_run = dry_run;
	e = sweeps[sweep].step(s, &p, at, done);
	if (store_stored_is_due(s, clock_monotonic()) || !at->more)
		(void)store_stored_write(s);
	return e;
}
