/* SPDX-License-Identifier: MIT */
/*
 * store_recount: counts again what store_stored counts as it goes, so that
 * errors (a process that was killed) do not add up. It walks over all rows in
 * steps and changes the counts when it has seen the last one; what is stored or
 * removed meanwhile is counted as always.
 *
 * Where it is stands in a row of its own, so of two recounts the later goes on.
 */
#ifndef HOOKS_STORE_RECOUNT_H
#define HOOKS_STORE_RECOUNT_H

#include "base/err.h"

struct store;
struct store_purge;
struct store_purge_place;
struct store_purged;

/* One step of a sweep like those of store_purge.h, over notifications and over
 * deliveries. With dry_run they do nothing. */
enum err store_recount_payloads(struct store *s, const struct store_purge *p,
				struct store_purge_place *at,
				struct store_purged *done);
enum err store_recount_answers(struct store *s, const struct store_purge *p,
			       struct store_purge_place *at,
			       struct store_purged *done);

#endif
