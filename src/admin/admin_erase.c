/* SPDX-License-Identifier: MIT */
/*
 * admin_erase: hooks-admin org delete: removes an organization with everything
 * that belongs to it.
 */
#include "admin/admin.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/store_erase.h"

enum {
	TICK_MS = 100,
	SLACK_MS = 5000 /* for recording, and for clocks that differ */
};

static const struct admin_figure figures[] = {
	{"API keys", "keys", offsetof(struct store_erased, keys)},
	{"hooks", "hooks", offsetof(struct store_erased, hooks)},
	{"notifications", "notifications",
	 offsetof(struct store_erased, notifications)},
	{"deliveries", "deliveries", offsetof(struct store_erased, deliveries)},
	{"attempts", "attempts", offsetof(struct store_erased, attempts)},
	{"idempotency keys", "idempotencyKeys",
	 offsetof(struct store_erased, idempotency_keys)},
};

enum { FIGURES = sizeof(figures) / sizeof(figures[0]) };

static enum err refuse_erase(struct admin *a, const struct id *org)
{
	struct store_erased n;
	enum err e = store_erase_count(&a->store, org, &n);

	if (e)
		return e;
	log_error("this would remove %llu API keys, %llu hooks, %llu "
		  "notifications, %llu deliveries with all attempts, and %llu "
		  "idempotency keys: repeat with --yes",
		  (unsigned long long)n.keys, (unsigned long long)n.hooks,
		  (unsigned long long)n.notifications,
		  (unsigned long long)n.deliveries,
		  (unsigned long long)n.idempotency_keys);
	return ERR_USAGE;
}

/* A sender that works for the organization ends its requests in flight; the
 * lease of a dead one expires. */
static enum err wait_for_senders(struct admin *a, const struct id *org)
{
	int64_t end = clock_monotonic() + a->conf.sender.lease +
		      a->conf.sender.timeout + SLACK_MS;
	uint64_t leased;
	enum err e;

	for (;;) {
		e = store_erase_lanes(&a->store, org, &leased);
		if (e || !leased)
			return e;
		if (clock_monotonic() > end) {
			log_error("a sender still works for the organization: "
				  "try again");
			return ERR_TEMP;
		}
		clock_sleep(TICK_MS);
	}
}

static enum err erase(struct admin *a, const struct id *org,
		      struct store_erased *done)
{
	bool more = true;
	enum err e = store_erase_shut(&a->store, org, done);

	if (!e)
		e = wait_for_senders(a, org);
	while (!e && more)
		e = store_erase_rows(&a->store, org, done, &more);
	return e ? e : store_erase_end(&a->store, org, done);
}

enum err admin_org_delete(struct admin *a)
{
	struct store_erased done = {0};
	struct id org;
	enum err e = admin_org(a, a->arg[0], &org);

	if (!e && !a->option[ADMIN_YES])
		return refuse_erase(a, &org);
	if (!e)
		e = erase(a, &org, &done);
	if (!e)
		admin_figures(a, figures, FIGURES, &done);
	return e;
}
