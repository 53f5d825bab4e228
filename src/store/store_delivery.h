/* SPDX-License-Identifier: MIT */
/*
 * store_delivery: reading deliveries and their attempts.
 *
 * The state of a delivery as it is shown is derived here and only here: a
 * delivery in the queue of a disabled hook is held, an undelivered one of a
 * deleted hook is cancelled, though its row says otherwise until a sender
 * changes it.
 */
#ifndef HOOKS_STORE_DELIVERY_H
#define HOOKS_STORE_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/id.h"
#include "rules/webhook_id.h"
#include "store/store_lane.h"
#include "store/store_notification.h"

struct arena;
struct store;

/* The shown state, as SQL, of the delivery d and its hook h. */
#define STORE_DELIVERY_STATE_SQL                                               \
	"CASE WHEN d.state NOT IN ('pending', 'held') THEN d.state "           \
	"WHEN h.deleted_at IS NOT NULL THEN 'cancelled' "                      \
	"WHEN h.enabled = 0 AND d.lane < " STORE_LANE_PING_SQL                 \
	" THEN 'held' ELSE d.state END"

/* Texts are *arena*. */
struct store_delivery {
	uint64_t key;
	struct id id;
	char webhook_id[WEBHOOK_ID_SIZE]; /* its own, or its batch's */
	uint64_t batch; /* key of the first member; 0: in none */
	struct id organization, hook, notification;
	int64_t occurred_at;	   /* of the notification */
	const char *action, *user; /* user: NULL for none */
	const char *state;
	const char *reason; /* NULL: the attempts show it */
	bool erased;	    /* its user was: no answer is kept */
	unsigned attempts;
	/* Of the last one. */
	bool tried;		/* it is recorded */
	unsigned last_status;	/* 0: no answer */
	const char *last_error; /* a code, or NULL */
	int64_t last_us;
	bool maybe_duplicate;
	int64_t due_at; /* the next attempt; TIME_NONE: none is due */
	int64_t created_at, finished_at;
};

/* Times are microseconds from the start; texts and bytes are *arena*. */
struct store_attempt {
	unsigned number;
	int64_t started_at;
	int64_t dns_us, connect_us, tls_us, first_byte_us, total_us;
	const char *remote, *tls_version; /* NULL: none */
	unsigned status;		  /* 0: no answer */
	const char *error;		  /* a code, or NULL */
	const char *headers, *body;	  /* NULL: none */
	size_t headers_len, body_len;
	unsigned kept;	/* enum attempt_kept */
	int64_t length; /* of the body, as announced; < 0: it was not */
};

/* ERR_NOT_FOUND: not in this organization. */
enum err store_delivery_get(struct store *s, struct arena *arena,
			    const struct id *organization, const struct id *id,
			    struct store_delivery *out);
/* Newest first; *arena*. ERR_NOT_FOUND: filter->hook, notification or after
 * does not exist. */
enum err store_delivery_list(struct store *s, struct arena *arena,
			     const struct id *organization,
			     const struct store_filter *filter,
			     struct store_delivery **list, size_t *count,
			     struct store_more *more);

/* The next `max` after this key, oldest first; *arena*. */
enum err store_delivery_next(struct store *s, struct arena *arena,
			     const struct id *organization, uint64_t after,
			     size_t max, struct store_delivery **list,
			     size_t *count);

/* The deliveries with these keys, at most DB_LIST_MAX; *arena*. */
enum err store_delivery_keys(struct store *s, struct arena *arena,
			     const uint64_t *keys, size_t n,
			     struct store_delivery **list, size_t *count);

/* Where its hook sends it; *arena*. */
enum err store_delivery_target(struct store *s, struct arena *arena,
			       uint64_t key, const char **target_url);

/* The limits of one answer: attempts, and bytes of receivers' answers. */
enum { STORE_ATTEMPTS = 100, STORE_ATTEMPTS_BYTES = 256 * 1024 };
/* All attempts of a delivery have a number below this. */
enum { STORE_ATTEMPT_END = UINT16_MAX + 1 };

/* `first`: the lowest number of the newest attempts below `before` that one
 * answer shows: at least one, however long the receiver's answer. `more`:
 * there are earlier ones. `first` is `before` when there is none at all. */
enum err store_delivery_newest(struct store *s, uint64_t delivery,
			       unsigned before, unsigned *first, bool *more);
/* Attempts `first` to below `before`, oldest first; *arena*. */
enum err store_delivery_attempts(struct store *s, struct arena *arena,
				 uint64_t delivery, unsigned first,
				 unsigned before, struct store_attempt **list,
				 size_t *count);

/* Whether there is such a state. */
bool store_delivery_state(const char *state);

#endif
