/* SPDX-License-Identifier: MIT */
/*
 * store_hook: hooks, which say who gets which actions. Every call names the
 * organization: a hook of another one does not exist for it (ERR_NOT_FOUND).
 *
 * A hook is changed by compare-and-set on its version, which counts changes; a
 * deleted one stays as a row for the history of its deliveries.
 */
#ifndef HOOKS_STORE_HOOK_H
#define HOOKS_STORE_HOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/id.h"
#include "rules/standing.h"

struct arena;
struct store;

enum {
	STORE_HOOK_BATCH_MAX = 100,    /* members of one body */
	STORE_HOOK_RATE_MAX = 1000000, /* deliveries a second */
	STORE_HOOK_ANY = 0	       /* no hook's version */
};

/* Texts are *arena* when read, *borrowed* when written. */
struct store_hook {
	uint64_t key;
	struct id id; /* public, made of created_at and key */
	struct id organization;
	const char *target_url, *action;
	const char *description;     /* "": none */
	const char *headers;	     /* a JSON object; NULL: none */
	const char *disabled_reason; /* NULL while enabled */
	const char *user;    /* only what names this user; NULL: its scope is
			      * the organization */
	unsigned batch_size; /* 1 to STORE_HOOK_BATCH_MAX */
	unsigned rate_limit; /* 0: none */
	bool ordered, enabled;
	int64_t created_at, updated_at;
	/* Counts changes from 1 on: of the members that a client may set, also
	 * when the service disables the hook. */
	uint64_t version;
	/* The facts of its lane, and of the first delivery in it. */
	struct {
		int64_t now;				/* when it was read */
		int64_t failing_since, suspended_until; /* TIME_NONE */
		bool put_off;
		bool tried; /* the first delivery that waits */
		struct id first;
		unsigned status;   /* of its last attempt; 0: no answer */
		const char *error; /* a code; NULL */
	} lane;
};

/*
 * Creates the hook, its secret and its lane; `hook` gets its key and id. The
 * times in it must be the database's. ERR_LIMIT: the organization has
 * `max` hooks already.
 */
enum err store_hook_create(struct store *s, struct store_hook *hook,
			   const char *secret, uint64_t max);

/* Forgets the lane's past, for a hook that is new, or was enabled or given
 * another target. */
void store_hook_forgive(struct store_hook *hook);

/* How it stood when it was read. */
struct standing store_hook_standing(const struct store_hook *h);

enum err store_hook_get(struct store *s, struct arena *arena,
			const struct id *organization, const struct id *id,
			struct store_hook *out);

/* The target of the newest enabled hook of any organization; *arena*, NULL:
 * there is none. */
enum err store_hook_newest_url(struct store *s, struct arena *arena,
			       const char **url);

/* Keeps the hook from being deleted or changed until the transaction ends;
 * called after its lanes are locked. ERR_NOT_FOUND: it was deleted. */
enum err store_hook_lock(struct store *s, uint64_t key);

struct store_hook_query {
	const char *action;	/* "": any */
	const char *state;	/* of standing.h; NULL: any */
	const struct id *after; /* NULL: from the first */
	size_t limit;		/* 0: all */
};

/* Oldest first; *arena*. `more`: the list goes on after these. A hook that was
 * deleted since still serves as `after`. */
enum err store_hook_list(struct store *s, struct arena *arena,
			 const struct id *organization,
			 const struct store_hook_query *query,
			 struct store_hook **list, size_t *count, bool *more);

/*
 * Writes all columns of the hook that can change, unless it was changed since
 * `seen`, its version when it was read: ERR_CONFLICT. `anew`: it was
 * enabled or has another target, so waiting deliveries are due at once.
 * `other`: it wants other notifications, from those on that are accepted now.
 * `secret`: a new one, or NULL; the old one signs for `overlap` ms longer;
 * ERR_LIMIT: too many are valid.
 */
struct store_hook_change {
	const struct store_hook *hook;
	uint64_t seen;
	bool anew, other;
	const char *secret;
	int64_t overlap;
};
enum err store_hook_update(struct store *s,
			   const struct store_hook_change *change);

/* `now` is the database's time, the same when the call is repeated.
 * Undelivered rows are cancelled, by the next sender if there are many.
 * `seen`: its version when it was read; ERR_CONFLICT: it was changed or
 * deleted since. STORE_HOOK_ANY: whatever its state. */
enum err store_hook_delete(struct store *s, const struct id *organization,
			   const struct id *id, int64_t now, uint64_t seen);

/* How many hooks of all organizations stand in which way. */
enum err store_hook_standings(struct store *s, uint64_t count[STANDING_MAX]);

#endif
