/* SPDX-License-Identifier: MIT */
/*
 * store_match: `vh_hook_actions`: the names that each hook wants, since when
 * and until when. One look-up by its primary key finds who gets what, whatever
 * the number of hooks and of names that nobody asks for.
 */
#ifndef HOOKS_STORE_MATCH_H
#define HOOKS_STORE_MATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/id.h"

struct arena;
struct store;
struct store_hook;

/* ---- what a hook wants; inside the transaction that changes it ---- */

/* The names that the hook wants now count from now on, with its key and
 * version. Those of an earlier version end. */
enum err store_match_begin(struct store *s, const struct store_hook *hook);
/* The hooks want nothing more, and nothing that was accepted before. */
enum err store_match_end(struct store *s, const uint64_t *hooks, size_t n);

/* Removes rows that ended so long ago that no notification can come in that was
 * accepted before, except for organizations with queued notifications. */
enum err store_match_purge(struct store *s);
/* For a clock that was set back: nothing begins or ends in the future. */
enum err store_match_mend(struct store *s);

/* ---- who gets a notification ---- */

struct store_matched {
	uint64_t key; /* of the notification */
	struct id organization;
	const char *action, *user; /* arena; user: NULL for none */
	int64_t accepted_at;	   /* as match_fits() wants it */
	const uint64_t *hooks;	   /* ascending, each once; arena */
	size_t hook_count;
	const uint64_t *ordered; /* those of them that are `ordered` */
	size_t ordered_count;
};

/* Finds the hooks of each. */
enum err store_match_find(struct store *s, struct arena *arena,
			  struct store_matched *list, size_t n);

#endif
