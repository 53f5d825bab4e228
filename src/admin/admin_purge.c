/* SPDX-License-Identifier: MIT */
/*
 * admin_purge: hooks-admin purge: every sweep of retention, to its end.
 */
#include "admin/admin.h"
#include "send/purge.h"

static const struct admin_figure figures[] = {
	{"deliveries", "deliveries", offsetof(struct store_purged, deliveries)},
	{"attempts", "attempts", offsetof(struct store_purged, attempts)},
	{"notifications", "notifications",
	 offsetof(struct store_purged, notifications)},
	{"held", "held", offsetof(struct store_purged, held)},
	{"hooks", "hooks", offsetof(struct store_purged, hooks)},
	{"idempotency keys", "idempotencyKeys",
	 offsetof(struct store_purged, idempotency_keys)},
	{"statistics", "statistics", offsetof(struct store_purged, statistics)},
};

enum { FIGURES = sizeof(figures) / sizeof(figures[0]) };

static enum err sweep(struct admin *a, enum purge_sweep which,
		      struct store_purged *done)
{
	bool dry_run = a->option[ADMIN_DRY_RUN] != NULL;
	struct store_purge_place at = {0};
	enum err e;

	do
		e = purge_step(&a->store, which, dry_run, &at, done);
	while (!e && at.more);
	return e;
}

enum err admin_purge(struct admin *a)
{
	struct store_purged done = {0};
	enum err e = ERR_OK;

	for (int i = 0; i < PURGE_MAX && !e; i++)
		e = sweep(a, (enum purge_sweep)i, &done);
	if (!e)
		admin_figures(a, figures, FIGURES, &done);
	return e;
}
