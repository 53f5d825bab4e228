/* SPDX-License-Identifier: MIT */
/*
 * store_lane: the queue. A hook's undelivered rows form its lane; a sender
 * leases lanes, not rows, and while it holds the lease nobody else changes
 * the lane's rows.
 *
 * The calls that change a lane's rows happen inside one transaction, a round:
 * prove that the leases are still held (the fence), record outcomes, take new
 * lanes, read the next rows, and write the lanes back with the keys that are
 * now in flight. Only after its COMMIT may a byte of them be sent.
 */
#ifndef HOOKS_STORE_LANE_H
#define HOOKS_STORE_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/failing.h"
#include "rules/id.h"

struct arena;
struct store;

/* The end of the name of an owner that has crashed. */
#define STORE_LANE_CRASHED "!"

/* Later than every change of a hook: 9999-01-01. */
#define STORE_LANE_HOOK_DELETED INT64_C(253370764800000)

enum {
	STORE_LANE_MAX = 256, /* lanes in one call */
	STORE_LANE_KEY_BYTES =
		8 /* of each key in vh_lanes.in_flight, big-endian */
};

/*
 * A hook has lanes of several kinds. A lane's number is the hook's key with
 * the kind in the two top bits, far above every key (ID_SERIAL_MAX). Senders
 * lease lanes of the first two kinds; nobody sends from the other two. They
 * keep failed deliveries, and those held on their own, in the index of lanes,
 * with the time of their end in place of the due time, so that they are found
 * and counted without walking over all delivered rows. Delivered and cancelled
 * rows are in no lane.
 */
enum store_lane_kind {
	STORE_LANE_QUEUE,
	STORE_LANE_PING, /* ahead of the queue, one attempt each */
	STORE_LANE_FAILED,
	STORE_LANE_HELD /* not the rows of a disabled hook: they queue */
};

/* The same as SQL, to be added to a hook's key. */
#define STORE_LANE_PING_SQL "4611686018427387904"
#define STORE_LANE_FAILED_SQL "9223372036854775808"
#define STORE_LANE_HELD_SQL "13835058055282163712"

static inline uint64_t store_lane_number(enum store_lane_kind kind,
					 uint64_t hook)
{
	return (uint64_t)kind << 62 | hook;
}

static inline enum store_lane_kind store_lane_kind(uint64_t lane)
{
	return (enum store_lane_kind)(lane >> 62);
}

static inline uint64_t store_lane_hook_key(uint64_t lane)
{
	return lane & ((UINT64_C(1) << 62) - 1);
}

/* A lane's row: the values that its owner knows and writes back. */
struct store_lane {
	uint64_t lane;
	uint64_t turn;		 /* of the round that wrote it */
	unsigned crashes;	 /* owners that crashed with rows in flight */
	unsigned failures;	 /* connection-level, in a row */
	int64_t suspended_until; /* database time; TIME_NONE */
	bool put_off;		 /* suspended because the target asked for it */
	int64_t resumed_at;	 /* TIME_NONE */
	struct failing failing;
	double rate_tokens;
	int64_t rate_at;
	int64_t doubt_before; /* deliveries published before this may have been
				 sent without a record; TIME_NONE */
	int64_t hook_seen;  /* the change of the hook that its owner heeds: its
			       updated_at, or STORE_LANE_HOOK_DELETED */
	int64_t written_at; /* the last write; in the future: store_clock.h */
};

/* A delivery that is due, with its payload; pointers are arena. */
struct store_lane_row {
	uint64_t key, notification;
	int64_t published_at, created_at, due_at;
	int64_t accepted_at; /* when it was published or, scheduled, due: for
				latencies */
	int64_t occurred_at; /* when it happened */
	int64_t expires_at;  /* no attempt begins after then; TIME_NONE */
	unsigned attempts, tries;
	unsigned hops; /* installations that it has come through before */
	bool maybe_duplicate;
	uint64_t batch; /* key of its first member; 0: not in one */
	char *action, *user, *resource; /* user: NULL for none */
	size_t resource_len;
};

/* Lanes with next_at <= `until` (TIME_NONE: now), the longest waiting first.
 * Takes no lock: several senders may see the same. */
enum err store_lane_due(struct store *s, int64_t until, size_t max,
			uint64_t *lanes, size_t *n);

/* The same for lanes of organizations other than these (1 or more), among the
 * first 2000 lanes that are due. */
enum err store_lane_beside(struct store *s, const struct id *organizations,
			   size_t count, int64_t until, size_t max,
			   uint64_t *lanes, size_t *n);

/* The state in which the fence finds a lane. */
enum store_lane_claim_state {
	STORE_LANE_GONE,    /* it is removed */
	STORE_LANE_ANOTHER, /* somebody else has it, or nobody */
	STORE_LANE_OURS,    /* owner and turn are those of our last COMMIT */
	STORE_LANE_EARLIER  /* our owner, another turn: the database has
			       forgotten that COMMIT */
};

/* A lane that an owner believes to hold, with the turn that it wrote last. */
struct store_lane_claim {
	uint64_t lane, turn;
	/* Set by the fence. */
	enum store_lane_claim_state state;
	/* As the row has them. */
	int64_t doubt_before, suspended_until, resumed_at, written_at;
};

/* The fence: locks these lanes and sets their claims' states; also sets s->now,
 * the time of the whole round. */
enum err store_lane_fence(struct store *s, const char *owner,
			  struct store_lane_claim *claims, size_t n);

/* For a transaction of its own after a COMMIT without an answer: the turn of a
 * lane. Writes to the lane, so that the answer is final: a COMMIT that is still
 * under way is waited for, or fails. ERR_NOT_FOUND: the lane is removed.
 */
enum err store_lane_turn(struct store *s, uint64_t lane, uint64_t *turn);
/* The same, without a write; and when it was written last. */
enum err store_lane_peek(struct store *s, uint64_t lane, uint64_t *turn,
			 int64_t *written_at);

/* ---- after a database has gone back to an earlier state ---- */

/* Marks the deliveries in these lanes as doubtful, and ends the leases that are
 * `owner`'s: the next owner finds the keys that were in flight. */
enum err store_lane_let_go(struct store *s, const char *owner,
			   const uint64_t *lanes, size_t n);
/* Marks deliveries of all lanes that were published before as doubtful, in
 * steps, each of which can be a transaction of its own. `place` is 0 at first,
 * and 0 after the last step. */
enum err store_lane_doubt(struct store *s, int64_t before, uint64_t *place);

/* Deliveries of a lane that are held from now on. */
struct store_lane_held {
	uint64_t lane;
	uint64_t count;
	uint64_t *keys; /* without operational ones; arena */
	size_t key_count;
};

/* Arena. */
struct store_lane_taken {
	struct store_lane *lanes;
	size_t count;
	struct store_lane_held *held;
	size_t held_count;
};

/*
 * Locks those of the lanes that are free or whose lease has ended, and reads
 * them. Rows that a dead owner had in flight are marked as possibly arrived,
 * and count as attempts without a record. If the owner has crashed, as
 * store_lane_blame() says, a delivery, or a batch, that was alone in flight
 * then for the third time is held. A ping that was in flight has failed: it is
 * never sent twice.
 */
enum err store_lane_take(struct store *s, struct arena *arena,
			 const uint64_t *numbers, size_t n,
			 struct store_lane_taken *out);
/* The rows of one request, whatever their state: all of `batch`, or, when it
 * is 0, the delivery `key`. Takes no lock. */
enum err store_lane_recall(struct store *s, struct arena *arena, uint64_t hook,
			   uint64_t batch, uint64_t key,
			   struct store_lane_row **rows, size_t *n);

/* Deliveries that somebody wants at once stand in the queue with a due time
 * before this one, ahead of all others, and are sent in spite of a suspension.
 * It is 2 January 2000; they have the day before. */
#define STORE_LANE_URGENT_END INT64_C(946771200000)
#define STORE_LANE_URGENT_SQL "'2000-01-01'"
#define STORE_LANE_URGENT_END_SQL "'2000-01-02'"

/* Where to read in a lane: rows due by `until` after (after_due, after_key).
 * There are none when the hook was changed or deleted since. */
struct store_lane_place {
	uint64_t lane;
	int64_t hook_updated_at;
	int64_t until;
	int64_t resumed_at; /* rows not tried since then are due; TIME_NONE */
	int64_t after_due;
	uint64_t after_key;
};
/* Oldest first. */
enum err store_lane_read(struct store *s, struct arena *arena,
			 const struct store_lane_place *place, size_t max,
			 struct store_lane_row **rows, size_t *n);
/* The same from the lane's start, but only the keys: much cheaper. `keys` has
 * room for max. */
enum err store_lane_keys(struct store *s, const struct store_lane_place *place,
			 size_t max, uint64_t *keys, size_t *n);
/* Those of these rows, at most DB_LIST_MAX, that are in the lane. */
enum err store_lane_pick(struct store *s, struct arena *arena,
			 const struct store_lane_place *place,
			 const uint64_t *keys, size_t count,
			 struct store_lane_row **rows, size_t *n);
/* Fixes the members of a batch; the key of the first one names it. */
enum err store_lane_batch(struct store *s, const uint64_t *keys, size_t n);
/*
 * Locks these lanes until the transaction ends, leased or not, so that changes
 * of the transaction to their hooks or rows are seen by an owner that gives a
 * lane back, or that takes it later. It writes to them, because on Galera a
 * lock holds only on its own node; between nodes, two writes to one row cannot
 * both be committed. Called before any write to the hooks: the order of locks
 * is lanes, hooks, deliveries.
 */
enum err store_lane_lock(struct store *s, const uint64_t *lanes, size_t n);
/* The time of lanes that are locked, which grows with each write: that of the
 * last write, even if the database's clock was set back since. `lanes` are
 * ascending; TIME_NONE: the lane is removed. */
enum err store_lane_times(struct store *s, const uint64_t *lanes, size_t n,
			  int64_t *times);
/* Makes senders look at these lanes, which have due rows now; called after
 * store_lane_lock. */
enum err store_lane_wake(struct store *s, const uint64_t *lanes, size_t n);

/* Ends the suspension of a lane, if there is one: its target was found to be
 * well, or somebody wants to know. Its owner sees that in its next round. */
enum err store_lane_revive(struct store *s, uint64_t lane);
/* The same for ordered lanes whose first delivery is gone, unless the target
 * has asked for the time. */
enum err store_lane_unblock(struct store *s, const uint64_t *lanes, size_t n);
/* As store_lane_revive(), and all deliveries that wait in it are due now, in
 * their order. */
enum err store_lane_resume(struct store *s, uint64_t lane);
/* Makes a sender look at this lane, suspended or not: it has urgent rows. */
enum err store_lane_urge(struct store *s, uint64_t lane);

/* The current facts that an owner needs to give a lane back. */
struct store_lane_end {
	bool enabled; /* always for pings */
	bool deleted;
	int64_t updated_at; /* of the hook */
	int64_t due_at;	    /* of the lane's next row; TIME_NONE: none */
	bool far;	    /* some row is due after `latest` */
};
enum err store_lane_end(struct store *s, uint64_t lane, int64_t latest,
			struct store_lane_end *out);

/* A row that is due but cannot be read has lost its notification by manual
 * deletion: it fails, or it would be searched for ever. */
enum err store_lane_orphans(struct store *s, uint64_t lane);

/* Cancels the rows that a deleted hook left in all its lanes except the failed
 * ones, in steps; `more`: call again later. */
enum err store_lane_cancel(struct store *s, uint64_t hook, bool *more);
/* Disables the hook. `changed`: it was enabled. */
enum err store_lane_disable(struct store *s, uint64_t hook, const char *reason,
			    bool *changed);

/* How a lane is written back. */
struct store_lane_write {
	const struct store_lane *lane; /* with the turn of this round */
	bool keep;	 /* the lease goes on; false: give the lane back */
	int64_t next_at; /* end of lease, or when to look again; TIME_NONE */
	const uint64_t *in_flight;
	size_t in_flight_count;
};

enum err store_lane_write(struct store *s, const char *owner,
			  const struct store_lane_write *writes, size_t n);

/* Marks the lanes of an owner that has crashed: a delivery in flight may be the
 * reason. They can be taken at once. */
enum err store_lane_blame(struct store *s, const char *owner);

/* Ends the leases of owners whose name begins so and that are dead, as
 * `alive` tells: their lanes can be taken at once. `freed`: how many. */
enum err store_lane_bury(struct store *s, const char *prefix,
			 bool (*alive)(void *arg, const char *owner), void *arg,
			 size_t *freed);

#endif
