/* SPDX-License-Identifier: MIT */
/*
 * listing: the query of a list: the size of a page, its place, and the
 * conditions.
 */
#ifndef HOOKS_LISTING_H
#define HOOKS_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "rules/id.h"
#include "store/store_walk.h"

struct call;

/* A list of notifications or deliveries. */
struct listing {
	struct store_filter filter; /* texts borrowed from the request */
	struct id after, hook, notification; /* pointed to by `filter` */
};

/* A parameter that is a time; TIME_NONE: it is not there. */
enum err listing_time(struct call *c, const char *name, int64_t *out);
/* ?status=: a status, a class of them such as 4xx, or the code of an error.
 * ERR_INVALID with a 400 made. */
enum err listing_status(struct call *c, struct store_filter *f);
/* ?limit=, ?after=, ?action=, ?state=, ?since= and ?until=. `is_state`: whether
 * a state exists. ERR_INVALID with a 400 made; ERR_NOT_FOUND for an id of
 * another form. */
enum err listing_read(struct call *c, bool (*is_state)(const char *state),
		      struct listing *out);

/* The parts, for other lists. */

/* ?limit=, 1 to 1000; `initial` when it is missing. */
enum err listing_limit(struct call *c, size_t initial, size_t *out);
/* A parameter that is an id: `out` is `room` with the id, or NULL when the
 * parameter is missing. ERR_NOT_FOUND for an id of another form. */
enum err listing_id(const struct call *c, const char *name, struct id *room,
		    const struct id **out);

/* Link: rel="next" to the same list after this id. */
void listing_link_next(struct call *c, const char *path,
		       const struct id *after);

#endif
