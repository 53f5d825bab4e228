/* SPDX-License-Identifier: MIT */
/*
 * store_publish: writing notifications of the API and of commands. They are
 * queued; the sender turns them into deliveries.
 *
 * With an idempotency key the same body counts once, even when two arrive at
 * the same time or the answer to a COMMIT was lost.
 */
#ifndef HOOKS_STORE_PUBLISH_H
#define HOOKS_STORE_PUBLISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "outside/crypt.h"
#include "rules/id.h"

struct store;

enum { STORE_PUBLISH_MAX = 1000 }; /* notifications in one body */

/* All *borrowed*. */
struct store_publication {
	const char *action;
	const char *user; /* NULL: none */
	const char *resource;
	size_t resource_len;
	int64_t occurred_at;	 /* TIME_NONE: when it is published */
	int64_t deliver_at;	 /* later than `now`: scheduled; TIME_NONE */
	int64_t expires_at;	 /* TIME_NONE: no end */
	const char *replace_key; /* NULL: none */
};

/* Published at once, for good, and now. */
#define STORE_PUBLICATION_NONE                                                 \
	((struct store_publication){.occurred_at = TIME_NONE,                  \
				    .deliver_at = TIME_NONE,                   \
				    .expires_at = TIME_NONE})

struct store_publish {
	struct id organization;
	int64_t now; /* the database's time, at which they are created */
	const struct store_publication *items;
	size_t count;		     /* 1 to STORE_PUBLISH_MAX */
	const char *idempotency_key; /* NULL: none */
	unsigned char body_hash[CRYPT_HASH_SIZE];
	int64_t keep; /* ms for which the key is remembered */
	/* Installations that they have come through before, 0 to 255. */
	unsigned hops;
};

/* Whether its time has not come. */
bool store_publish_is_later(const struct store_publish *p,
			    const struct store_publication *item);
/* How many of them have one that has not. */
size_t store_publish_later(const struct store_publish *p);

/*
 * All or none. Notifications that are scheduled with a replace_key of theirs
 * are replaced; the caller has taken over the outbox before. `ids` gets `count`
 * ids, in order. With a key that was used before: the first request's ids and
 * time, or ERR_CONFLICT for another body.
 */
enum err store_publish(struct store *s, const struct store_publish *p,
		       struct id *ids, int64_t *created_at);
/* Only the first request's answer; ERR_NOT_FOUND: the key was not used. */
enum err store_publish_recall(struct store *s, const struct store_publish *p,
			      struct id *ids, int64_t *created_at);

#endif
