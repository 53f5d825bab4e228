/* SPDX-License-Identifier: MIT */
/*
 * match: which hook gets which notification. Pure.
 *
 * A hook wants names for a time: when its actions, its scope or its user are
 * changed, notifications that were accepted before still go by what it wanted
 * then.
 */
#ifndef HOOKS_MATCH_H
#define HOOKS_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A name has 64 bytes at most, so it has 32 labels at most. */
enum { MATCH_NAME_SIZE = 65, MATCH_NAMES_MAX = 33 };

struct match_names {
	char name[MATCH_NAMES_MAX][MATCH_NAME_SIZE];
	size_t count;
};

/* The names under which a hook may want this action: the action itself and, for
 * one that users publish, the wildcards "a.b.*", "a.*" and "*". Operational
 * actions and pings match by their exact name only. None for an action that is
 * too long. */
void match_names(struct match_names *out, const char *action);

#define MATCH_NOW INT64_MAX
#define MATCH_ALWAYS INT64_MIN

/* In microseconds, by the database's clock. */
struct match_want {
	int64_t since;	  /* MATCH_ALWAYS */
	int64_t until;	  /* the end, itself not included; MATCH_NOW: none */
	const char *user; /* NULL: any, or none */
};

/* `accepted_at`: when the notification was accepted. MATCH_NOW: in this
 * transaction. MATCH_ALWAYS: its time cannot be believed, and every hook that
 * wanted it at any time gets it. `user`: the one that it names; NULL: none. */
bool match_fits(const struct match_want *want, int64_t accepted_at,
		const char *user);

#endif
