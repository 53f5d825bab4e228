/* SPDX-License-Identifier: MIT */
/*
 * store_delivery: SELECTs on `vh_deliveries` and `vh_attempts`.
 */
#include "store/store_delivery.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/store.h"
#include "store/store_col.h"
#include "store/store_outbox.h"
#include "store/store_lane.h"
#include "store/store_webhook.h"

/*
 * The earliest next attempt of the delivery d: when it is due, but not before
 * its lane l goes on. A free lane is looked at from next_at on; a leased one
 * keeps those that are in flight, and with an order all, until the lease ends
 * or something is recorded.
 */
#define NEXT_AT                                                                \
	"GREATEST(UTC_TIMESTAMP(3), "                                          \
	"IF(l.resumed_at IS NULL, d.due_at, UTC_TIMESTAMP(3)), "               \
	"IF(d.due_at < " STORE_LANE_URGENT_END_SQL ", d.due_at, "              \
	"COALESCE(l.suspended_until, UTC_TIMESTAMP(3))), "                     \
	"IF(l.owner IS NULL OR h.ordered OR "                                  \
	"LOCATE(UNHEX(LPAD(HEX(d.id), 16, '0')), l.in_flight), "               \
	"COALESCE(l.next_at, UTC_TIMESTAMP(3)), UTC_TIMESTAMP(3)))"

/* The columns of read_delivery_row(), in its order; an index for the
 * deliveries. */
#define SELECT_FROM(index)                                                     \
	"SELECT STRAIGHT_JOIN d.id, d.organization, d.hook_id, h.created_at, " \
	"d.notification_id, n.created_at, n.action, "                          \
	"n.user, " STORE_DELIVERY_STATE_SQL                                    \
	", d.reason, d.attempts, d.maybe_duplicate, " NEXT_AT                  \
	", d.created_at, "                                                     \
	"d.finished_at, b.id, b.created_at, b.notification_id, "               \
	"bn.created_at, a.attempt, a.status, a.error, "                        \
	"a.total_us, " STORE_OCCURRED_SQL ", d.erased "                        \
	"FROM vh_deliveries d FORCE INDEX (" index ") "                        \
	"JOIN vh_hooks h FORCE INDEX (PRIMARY) ON h.id = d.hook_id "           \
	"JOIN vh_notifications n FORCE INDEX (PRIMARY) ON n.id = "             \
	"d.notification_id "                                                   \
	"LEFT JOIN vh_lanes l FORCE INDEX (PRIMARY) ON l.hook_id = d.lane "    \
	"LEFT JOIN vh_deliveries b FORCE INDEX (PRIMARY) ON b.id = d.batch "   \
	"LEFT JOIN vh_notifications bn FORCE INDEX (PRIMARY) ON bn.id = "      \
	"b.notification_id "                                                   \
	"LEFT JOIN vh_attempts a FORCE INDEX (PRIMARY) ON a.delivery_id = "    \
	"d.id AND a.attempt = d.attempts "

static void read_ids(const struct store *s, struct db_stmt *q,
		     struct store_delivery *d)
{
	struct store_webhook w = {
		.key = d->key,
		.hook = db_col_uint(q, 2),
		.hook_created_at = db_col_time(q, 3),
		.notification = db_col_uint(q, 4),
		.published_at = db_col_time(q, 5),
		.created_at = d->created_at,
	};

	if (!db_col_null(q, 18)) {
		w.batch = true;
		w.key = d->batch = db_col_uint(q, 15);
		w.created_at = db_col_time(q, 16);
		w.notification = db_col_uint(q, 17);
		w.published_at = db_col_time(q, 18);
	}
	d->organization = store_col_id(q, 1);
	store_id(s, &d->id, ID_DELIVERY, d->created_at, d->key);
	store_id(s, &d->hook, ID_HOOK, db_col_time(q, 3), db_col_uint(q, 2));
	store_id(s, &d->notification, ID_NOTIFICATION, db_col_time(q, 5),
		 db_col_uint(q, 4));
	store_webhook_id(s, d->webhook_id, &w);
}

static void read_delivery_row(const struct store *s, struct db_stmt *q,
			      struct arena *arena, struct store_delivery *d)
{
	*d = (struct store_delivery){
		.key = db_col_uint(q, 0),
		.action = store_col_text(q, 6, arena),
		.user = store_col_text_null(q, 7, arena),
		.state = store_col_text(q, 8, arena),
		.reason = store_col_text_null(q, 9, arena),
		.attempts = (unsigned)db_col_uint(q, 10),
		.maybe_duplicate = db_col_int(q, 11) != 0,
		.due_at = db_col_time(q, 12),
		.created_at = db_col_time(q, 13),
		.finished_at = db_col_time(q, 14),
		.tried = !db_col_null(q, 19),
		.last_status = (unsigned)db_col_uint(q, 20),
		.last_error = store_col_text_null(q, 21, arena),
		.last_us = db_col_int(q, 22),
		.occurred_at = db_col_time(q, 23),
		.erased = db_col_int(q, 24) != 0,
	};
	if (strcmp(d->state, "pending") != 0)
		d->due_at = TIME_NONE;
	read_ids(s, q, d);
}

static void read_rows(const struct store *s, struct db_stmt *q,
		      struct arena *arena, struct store_delivery **list,
		      size_t *count)
{
	struct store_delivery *rows =
		arena_alloc(arena, (db_rows(q) + 1) * sizeof(*rows));
	size_t n = 0;

	while (db_next(q))
		read_delivery_row(s, q, arena, &rows[n++]);
	*list = rows;
	*count = n;
}

enum err store_delivery_get(struct store *s, struct arena *arena,
			    const struct id *organization, const struct id *id,
			    struct store_delivery *out)
{
	struct store_delivery d;
	struct db_stmt *q;
	int64_t created_s;
	uint64_t key;
	bool found = false;
	enum err e;

	if (!store_key(s, id, ID_DELIVERY, &key, &created_s))
		return ERR_NOT_FOUND;
	e = db_query(s->db,
		     SELECT_FROM("PRIMARY") "WHERE d.id = ? AND "
					    "d.organization = ?",
		     DB_ARGS(db_uint(key), store_col_of(organization)), &q);
	while (!e && db_next(q)) {
		read_delivery_row(s, q, arena, &d);
		found = id_equal(&d.id, id);
	}
	if (e || !found)
		return e ? e : ERR_NOT_FOUND;
	*out = d;
	return ERR_OK;
}

/* ---- lists ---- */

enum err store_delivery_next(struct store *s, struct arena *arena,
			     const struct id *organization, uint64_t after,
			     size_t max, struct store_delivery **list,
			     size_t *count)
{
	struct db_stmt *q;
	enum err e = db_query(
		s->db,
		SELECT_FROM("organization") "WHERE d.organization = ? AND "
					    "d.id > ? ORDER BY d.id LIMIT ?",
		DB_ARGS(store_col_of(organization), db_uint(after),
			db_uint(max)),
		&q);

	if (!e)
		read_rows(s, q, arena, list, count);
	return e;
}

enum err store_delivery_keys(struct store *s, struct arena *arena,
			     const uint64_t *keys, size_t n,
			     struct store_delivery **list, size_t *count)
{
	struct db_value values[DB_LIST_MAX];
	struct db_stmt *q;
	enum err e;

	db_uints(values, keys, n);
	e = db_query_list(s->db,
			  SELECT_FROM("PRIMARY") "WHERE d.id IN ({?}) "
						 "ORDER BY d.id",
			  DB_NONE, values, n, &q);
	if (!e)
		read_rows(s, q, arena, list, count);
	return e;
}

/* ---- attempts ---- */

static const char *col_bytes_or_null(struct db_stmt *q, unsigned col,
				     struct arena *arena, size_t *len)
{
	const char *bytes = db_col_bytes(q, col, len);

	return db_col_null(q, col) ? NULL : arena_memdup(arena, bytes, *len);
}

static void read_attempt(struct db_stmt *q, struct arena *arena,
			 struct store_attempt *a)
{
	*a = (struct store_attempt){
		.number = (unsigned)db_col_uint(q, 0),
		.started_at = db_col_time(q, 1),
		.dns_us = db_col_int(q, 2),
		.connect_us = db_col_int(q, 3),
		.tls_us = db_col_int(q, 4),
		.first_byte_us = db_col_int(q, 5),
		.total_us = db_col_int(q, 6),
		.remote = store_col_text_null(q, 7, arena),
		.tls_version = store_col_text_null(q, 8, arena),
		.status = (unsigned)db_col_uint(q, 9),
		.error = store_col_text_null(q, 10, arena),
	};
	a->headers = col_bytes_or_null(q, 11, arena, &a->headers_len);
	a->body = col_bytes_or_null(q, 12, arena, &a->body_len);
	a->kept = (unsigned)db_col_uint(q, 13);
	a->length = db_col_null(q, 14) ? -1 : db_col_int(q, 14);
}

enum err store_delivery_newest(struct store *s, uint64_t delivery,
			       unsigned before, unsigned *first, bool *more)
{
	uint64_t bytes = 0;
	size_t n = 0;
	struct db_stmt *q;
	enum err e = db_query(s->db,
			      "SELECT attempt, "
			      "COALESCE(LENGTH(response_headers), 0) + "
			      "COALESCE(LENGTH(response_body), 0) "
			      "FROM vh_attempts WHERE delivery_id = ? AND "
			      "attempt < ? ORDER BY attempt DESC LIMIT ?",
			      DB_ARGS(db_uint(delivery), db_uint(before),
				      db_int(STORE_ATTEMPTS + 1)),
			      &q);

	if (e)
		return e;
	*first = before;
	*more = false;
	while (!*more && db_next(q)) {
		bytes += db_col_uint(q, 1);
		*more = n == STORE_ATTEMPTS ||
			(n && bytes > STORE_ATTEMPTS_BYTES);
		if (!*more)
			*first = (unsigned)db_col_uint(q, 0);
		n++;
	}
	return ERR_OK;
}

enum err store_delivery_attempts(struct store *s, struct arena *arena,
				 uint64_t delivery, unsigned first,
				 unsigned before, struct store_attempt **list,
				 size_t *count)
{
	struct store_attempt *rows;
	struct db_stmt *q;
	size_t n = 0;
	enum err e = db_query(
		s->db,
		"SELECT attempt, started_at, dns_us, connect_us, "
		"tls_us, first_byte_us, total_us, remote, "
		"tls_version, status, error, response_headers, "
		"response_body, response_kept, response_length "
		"FROM vh_attempts "
		"WHERE delivery_id = ? AND attempt >= ? AND "
		"attempt < ? ORDER BY attempt",
		DB_ARGS(db_uint(delivery), db_uint(first), db_uint(before)),
		&q);

	if (e)
		return e;
	rows = arena_alloc(arena, (db_rows(q) + 1) * sizeof(*rows));
	while (db_next(q))
		read_attempt(q, arena, &rows[n++]);
	*list = rows;
	*count = n;
	return ERR_OK;
}

enum err store_delivery_target(struct store *s, struct arena *arena,
			       uint64_t key, const char **target_url)
{
	struct db_stmt *q;
	enum err e = db_query(s->db,
			      "SELECT h.target_url FROM vh_deliveries d "
			      "JOIN vh_hooks h ON h.id = d.hook_id "
			      "WHERE d.id = ?",
			      DB_ARGS(db_uint(key)), &q);

	*target_url = "";
	while (!e && db_next(q))
		*target_url = store_col_text(q, 0, arena);
	return e;
}

bool store_delivery_state(const char *state)
{
	static const char *const states[] = {"pending", "delivered", "failed",
					     "held", "cancelled"};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(states[i], state) == 0)
			return true;
	return false;
}
