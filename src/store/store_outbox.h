/* SPDX-License-Identifier: MIT */
/*
 * store_outbox: `vh_outbox`, into which applications insert notifications with
 * SQL. The sender takes the rows over into `vh_notifications`.
 *
 * An application may have a transaction open for hours. So rows are found by
 * plain reads, which see only what is committed, and are locked one by one, by
 * key: a lock on a range would wait for rows that are not committed yet. A row
 * with a low key may be committed after one with a higher key; it is found all
 * the same, because rows that were taken over are removed.
 */
#ifndef HOOKS_STORE_OUTBOX_H
#define HOOKS_STORE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/id.h"

struct arena;
struct db_stmt;
struct store;

/* ---- the rows that are there ---- */

/* The greatest key; 0: it is empty. */
enum err store_outbox_newest(struct store *s, uint64_t *newest);
/* Whether there is a row with a key up to `newest`. */
enum err store_outbox_any(struct store *s, uint64_t newest, bool *any);

/* The first organization after `after` (NULL: of all) that exists and has a
 * row with a key up to `newest`; ERR_NOT_FOUND: none has. If rows of an
 * organization that does not exist were passed, `stranger` gets the first such
 * id, and `strange` becomes true. */
enum err store_outbox_org(struct store *s, const struct id *after,
			  uint64_t newest, struct id *out, struct id *stranger,
			  bool *strange);
/* The keys of this organization's oldest rows, at most `max`. */
enum err store_outbox_oldest(struct store *s, const struct id *organization,
			     uint64_t newest, size_t max, uint64_t *keys,
			     size_t *n);
/* Whether any row of this organization names the replace_key (NULL: any), to
 * replace or to cancel. Of `most` rows or more it is taken for granted. */
enum err store_outbox_names(struct store *s, const struct id *organization,
			    const char *replace_key, size_t most, bool *any);
/* Among the first STORE_OUTBOX_STRANGERS rows from this organization on, the
 * keys of those whose organization does not exist. */
enum { STORE_OUTBOX_STRANGERS = 256 };
enum err store_outbox_strangers(struct store *s, const struct id *from,
				uint64_t newest, uint64_t *keys, size_t *n);

/* How many rows there are of one organization, or of all (NULL), and when the
 * oldest one was accepted (TIME_NONE: there is none, or it is not known). */
enum err store_outbox_waiting(struct store *s, const struct id *organization,
			      uint64_t *count, int64_t *oldest_at);

/* When a row `n` of vh_notifications was published, for people: an application
 * may have inserted it before the service made it. Which hooks get it depends
 * on accepted_at alone. */
#define STORE_PUBLISHED_SQL                                                    \
	"CAST(LEAST(COALESCE(n.accepted_at, n.created_at), n.created_at) AS "  \
	"DATETIME(3))"

/* The same, or when it was due, if it was scheduled. */
#define STORE_DUE_SQL                                                          \
	"COALESCE(GREATEST(" STORE_PUBLISHED_SQL                               \
	", n.deliver_at), " STORE_PUBLISHED_SQL ")"

/* When it happened: as its publisher said, or when it was published. */
#define STORE_OCCURRED_SQL "COALESCE(n.occurred_at, " STORE_PUBLISHED_SQL ")"

/* When a row `o` was accepted: its own time, unless that lies in the future or
 * more than 7 days back; then NULL. The session that inserted it may have set
 * its clock to anything. */
#define STORE_OUTBOX_ACCEPTED_SQL                                              \
	"CAST(IF(o.created_at BETWEEN UTC_TIMESTAMP(6) - INTERVAL 7 DAY AND "  \
	"UTC_TIMESTAMP(6), o.created_at, NULL) AS DATETIME(6))"

/* ---- taking over, inside a transaction ---- */

/* A row as an application wrote it; borrowed until the next one is read. Texts
 * are cut to what vh_notifications can hold, and are NULL where none was given.
 */
struct store_outbox_row {
	uint64_t key;
	struct id organization;
	bool organization_known;
	bool action_listed; /* in its catalogue */
	const char *action;
	size_t action_len;
	const char *user;
	size_t user_len;
	const char *idempotency_key;
	size_t idempotency_len;
	bool action_cut, user_cut, idempotency_cut;
	/* As the database writes them; NULL: none. Wrong: no time, or too far
	 * away. */
	const char *occurred_at, *deliver_at, *expires_at;
	bool occurred_wrong, deliver_wrong, expires_wrong;
	bool later;	    /* it has a deliver_at, perhaps one that is past:
			       a row after it may replace or cancel it */
	bool expires_early; /* not after deliver_at */
	const char *replace_key, *cancels;
	size_t replace_len, cancels_len;
	bool replace_cut, cancels_cut;
	const char *resource; /* NULL: none, or longer than allowed */
	size_t resource_len;  /* in bytes, also then; 0: none */
	/* As the database writes it; NULL: its time cannot be believed. */
	const char *accepted_at;
};

/* Locks those of the rows that are still there, and reads them, in any order. 1
 * to DB_LIST_MAX keys. */
enum err store_outbox_take(struct store *s, const uint64_t *keys, size_t n,
			   size_t resource_max, struct db_stmt **rows);
/* The same without resources, however long these are. */
enum err store_outbox_take_bare(struct store *s, const uint64_t *keys, size_t n,
				struct db_stmt **rows);
bool store_outbox_next(struct db_stmt *rows, struct store_outbox_row *out);
enum err store_outbox_remove(struct store *s, const uint64_t *keys, size_t n);

/* A row of vh_notifications to be made; borrowed. */
struct store_taken {
	uint64_t outbox_key;
	struct id organization;
	const char *action; /* not NULL */
	size_t action_len;
	const char *user;
	size_t user_len;
	const char *idempotency_key;
	size_t idempotency_len;
	const char *resource; /* not NULL */
	size_t resource_len;
	const char *accepted_at;	     /* NULL: now */
	const char *occurred_at;	     /* NULL: when it was accepted */
	const char *deliver_at, *expires_at; /* NULL: none */
	bool later;			     /* it is scheduled */
	const char *replace_key, *cancels;   /* NULL: none */
	size_t replace_len, cancels_len;
	bool bare;	    /* it cancels, and is no notification */
	const char *reason; /* NULL: it is kept, and queued or scheduled; else
			       it is rejected */
};

/* `keys` gets those that the rows were given, in order. */
enum err store_outbox_keep(struct store *s, const struct store_taken *rows,
			   size_t n, uint64_t *keys);

/* Takes the row's idempotency key for the notification with this key;
 * ERR_CONFLICT: another one has it. */
enum err store_outbox_claim(struct store *s, const struct store_taken *row,
			    uint64_t key, int64_t keep_ms);

/* ---- its key ---- */

/*
 * Where the key is AUTO_INCREMENT (MySQL before 8.0.13), an application can
 * make the counter end, with SET insert_id: then every INSERT fails. Sets the
 * counter back when it is beyond STORE_OUTBOX_KEY_FAR, if we have the right to
 * and if no transaction holds the table for a second. Otherwise nothing is
 * done, and doctor reports it. Outside of a transaction.
 */
#define STORE_OUTBOX_KEY_FAR (UINT64_C(1) << 62)
enum err store_outbox_heal(struct store *s);
/* `counter`: of that key; 0: the key has none. */
enum err store_outbox_counter(struct store *s, uint64_t *counter);

#endif
