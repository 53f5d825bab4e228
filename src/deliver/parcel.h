/* SPDX-License-Identifier: MIT */
/*
 * parcel: one request on its way: the body, the headers, the signature, and the
 * result. It carries one delivery, or the members of a batch.
 *
 * The ledger makes it from rows and hands it to the courier, which sends it and
 * hands it back with an outcome, or unsent.
 */
#ifndef HOOKS_PARCEL_H
#define HOOKS_PARCEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "outside/http.h"
#include "rules/id.h"
#include "rules/outcome.h"
#include "rules/webhook_id.h"
#include "store/store_hook.h"
#include "store/store_lane.h"

struct lane;
struct store;

enum {
	PARCEL_LINES = 9, /* header lines that the service sets */
	PARCEL_BATCH_MAX = STORE_HOOK_BATCH_MAX,
	/* Bytes of a batch; a single member may be larger. */
	PARCEL_BODY_MAX = 1024 * 1024
};

struct parcel_member {
	uint64_t key;
	unsigned attempts, tries; /* made before this one */
	bool maybe_duplicate;	  /* as stored */
	bool operational;	  /* the service published it */
	int64_t due_at;		  /* as stored */
	int64_t created_at;
	int64_t accepted_at;
	int64_t expires_at; /* TIME_NONE: no end */
};

struct parcel {
	struct parcel *next, *previous; /* in one list at a time */
	struct lane *lane;		/* borrowed: outlives it */
	char id[WEBHOOK_ID_SIZE];
	char *body;
	size_t body_len;
	bool batch;    /* its members were fixed */
	unsigned hops; /* webhook-hops; 0: none */

	struct http_request request;
	char text[4][64];  /* header lines that change with the attempt */
	char about[2][64]; /* header lines about the notification; "": none */
	struct buf signature;
	struct http_header lines[PARCEL_LINES];

	unsigned presses; /* of the pace, when it started */
	bool waits;	  /* the pace counts it: it has not left yet */
	/* The database's time: of the round that handed it out, and when its
	 * first byte left; 0: not yet. */
	int64_t handed_at, left_at;
	bool sent;    /* an attempt was made */
	bool expired; /* none was made, and none will be; if it was neither
			 sent nor expired, it comes back unchanged */
	struct outcome outcome;
	/* The database's time, in ms: the attempt's, and in whole seconds
	 * webhook-timestamp. The clock of this host may be wrong. */
	int64_t started_at;
	int64_t began; /* the same moment by our monotonic clock */

	size_t count;
	struct parcel_member member[];
};

/* Rows of a lane that go into one request. */
struct parcel_plan {
	const struct store_lane_row *rows; /* borrowed */
	size_t count;
	uint64_t batch; /* key of its first member; 0: a single delivery */
};

/* Copies the strings that it needs. */
struct parcel *parcel_new(const struct store *s, struct lane *lane,
			  const struct parcel_plan *plan);
void parcel_free(struct parcel *p);

/* Signs for this moment of the database's time, in ms, and fills in the
 * request. */
void parcel_address(struct parcel *p, int64_t now);
/* When the attempt began, by the database's clock as it is now, `ahead` ms
 * ahead of our monotonic one: another time than it was signed for if the clock
 * was set meanwhile. */
int64_t parcel_started_at(const struct parcel *p, int64_t ahead);

/* Whether the end of a member has come, and no attempt may begin. A batch that
 * was tried has no end. */
bool parcel_is_late(const struct parcel *p, int64_t now);
/* Whether there is something to record of it. */
bool parcel_is_over(const struct parcel *p);

/* The number of the first member's attempts since the schedule began, this one
 * included. */
unsigned parcel_tries(const struct parcel *p);

#endif
