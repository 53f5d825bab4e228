/* SPDX-License-Identifier: MIT */
/*
 * turns: organizations that have something waiting take turns, in the order of
 * their ids, so that none has to wait until another one has finished.
 */
#ifndef HOOKS_TURNS_H
#define HOOKS_TURNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "rules/id.h"

/* The place that the turns have reached; all zeros at first. */
struct turns {
	struct id organization; /* had the last turn */
	bool under_way;
};

/*
 * Those whose turn is next, each once, at most `max`. `next` finds the first
 * organization after `after` (NULL: of all) that has something waiting;
 * ERR_NOT_FOUND: there is none.
 */
enum err turns_find(const struct turns *t,
		    enum err (*next)(void *arg, const struct id *after,
				     struct id *out),
		    void *arg, size_t max, struct id *orgs, size_t *n);
/* The place after this organization's turn. */
void turns_took(struct turns *t, const struct id *organization);

#endif
