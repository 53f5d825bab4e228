/* SPDX-License-Identifier: MIT */
/*
 * store_outbox: the statements of the take-over.
 */
#include "store/store_outbox.h"

#include "store/store.h"
#include "store/store_action.h"
#include "store/store_col.h"

/* The number of organizations that do not exist and are passed one by one. */
enum { STRANGERS_PASSED = 8 };

/* ---- the rows that are there ---- */

enum err store_outbox_newest(struct store *s, uint64_t *newest)
{
	struct db_stmt *q;
	enum err e =
		db_query(s->db, "SELECT MAX(id) FROM vh_outbox", DB_NONE, &q);

	while (!e && db_next(q))
		*newest = db_col_uint(q, 0);
	return e;
}

enum err store_outbox_any(struct store *s, uint64_t newest, bool *any)
{
	struct db_stmt *q;
	enum err e =
		db_query(s->db, "SELECT 1 FROM vh_outbox WHERE id <= ? LIMIT 1",
			 DB_ARGS(db_uint(newest)), &q);

	if (!e)
		*any = db_rows(q) > 0;
	return e;
}

/* One probe of the index, however many rows each organization has. */
static enum err find_named(struct store *s, const struct id *after,
			   uint64_t newest, struct id *out, bool *known)
{
	static const char first[] =
		"SELECT o.organization, g.id IS NOT NULL "
		"FROM vh_outbox o FORCE INDEX (organization) "
		"LEFT JOIN vh_organizations g ON g.id = o.organization "
		"WHERE o.id <= ? ORDER BY o.organization LIMIT 1";
	static const char next[] =
		"SELECT o.organization, g.id IS NOT NULL "
		"FROM vh_outbox o FORCE INDEX (organization) "
		"LEFT JOIN vh_organizations g ON g.id = o.organization "
		"WHERE o.id <= ? AND o.organization > ? "
		"ORDER BY o.organization LIMIT 1";
	struct db_stmt *q;
	enum err e;

	if (after)
		e = db_query(s->db, next,
			     DB_ARGS(db_uint(newest), store_col_of(after)), &q);
	else
		e = db_query(s->db, first, DB_ARGS(db_uint(newest)), &q);
	if (e)
		return e;
	if (!db_next(q))
		return ERR_NOT_FOUND;
	*out = store_col_id(q, 0);
	*known = db_col_int(q, 1) != 0;
	return ERR_OK;
}

/* One probe for each organization that exists, however many there are that do
 * not. A subquery in EXISTS would first be read as a whole. */
static enum err find_existing(struct store *s, const struct id *after,
			      uint64_t newest, struct id *out)
{
	struct db_stmt *q;
	enum err e = db_query(
		s->db,
		"SELECT g.id FROM vh_organizations g WHERE g.id > ? AND "
		"(SELECT 1 FROM vh_outbox o FORCE INDEX (organization) WHERE "
		"o.organization = g.id AND o.id <= ? LIMIT 1) IS NOT NULL "
		"ORDER BY g.id LIMIT 1",
		DB_ARGS(store_col_of(after), db_uint(newest)), &q);

	if (e)
		return e;
	if (!db_next(q))
		return ERR_NOT_FOUND;
	*out = store_col_id(q, 0);
	return ERR_OK;
}

enum err store_outbox_org(struct store *s, const struct id *after,
			  uint64_t newest, struct id *out, struct id *stranger,
			  bool *strange)
{
	struct id found;
	bool known;

	for (int i = 0; i < STRANGERS_PASSED; i++) {
		enum err e = find_named(s, after, newest, &found, &known);

		if (e)
			return e;
		if (known) {
			*out = found;
			return ERR_OK;
		}
		if (!*strange)
			*stranger = found;
		*strange = true;
		after = &found;
	}
	return find_existing(s, after, newest, out);
}

enum err store_outbox_oldest(struct store *s, const struct id *organization,
			     uint64_t newest, size_t max, uint64_t *keys,
			     size_t *n)
{
	struct db_stmt *q;
	enum err e = db_query(
		s->db,
		"SELECT id FROM vh_outbox FORCE INDEX (organization) WHERE "
		"organization = ? AND id <= ? ORDER BY id LIMIT ?",
		DB_ARGS(store_col_of(organization), db_uint(newest),
			db_uint(max)),
		&q);

	if (!e)
		store_col_keys(q, keys, n);
	return e;
}

enum err store_outbox_names(struct store *s, const struct id *organization,
			    const char *replace_key, size_t most, bool *any)
{
	struct db_value key = db_text(replace_key);
	struct db_stmt *q;
	enum err e = db_query(
		s->db,
		"SELECT COUNT(*) >= ? OR COALESCE(SUM(w.names), 0) > 0 FROM "
		"(SELECT IF(? IS NULL, replace_key IS NOT NULL OR cancels IS "
		"NOT NULL, COALESCE(replace_key = ?, 0) OR "
		"COALESCE(cancels = ?, 0)) AS names FROM vh_outbox "
		"FORCE INDEX (organization) WHERE organization = ? LIMIT ?) w",
		DB_ARGS(db_uint(most), key, key, key,
			store_col_of(organization), db_uint(most)),
		&q);

	while (!e && db_next(q))
		*any = db_col_int(q, 0) != 0;
	return e;
}

enum err store_outbox_strangers(struct store *s, const struct id *from,
				uint64_t newest, uint64_t *keys, size_t *n)
{
	struct db_stmt *q;
	enum err e = db_query(
		s->db,
		"SELECT w.id FROM (SELECT id, organization FROM vh_outbox "
		"FORCE INDEX (organization) WHERE organization >= ? AND "
		"id <= ? ORDER BY organization, id LIMIT ?) w "
		"LEFT JOIN vh_organizations g ON g.id = w.organization "
		"WHERE g.id IS NULL",
		DB_ARGS(store_col_of(from), db_uint(newest),
			db_uint(STORE_OUTBOX_STRANGERS)),
		&q);

	if (!e)
		store_col_keys(q, keys, n);
	return e;
}

enum err store_outbox_waiting(struct store *s, const struct id *organization,
			      uint64_t *count, int64_t *oldest_at)
{
	static const char all[] =
		"SELECT w.number, " STORE_OUTBOX_ACCEPTED_SQL " FROM (SELECT "
		"COUNT(*) AS number, MIN(id) AS oldest FROM vh_outbox) w "
		"LEFT JOIN vh_outbox o ON o.id = w.oldest";
	static const char of_one[] =
		"SELECT w.number, " STORE_OUTBOX_ACCEPTED_SQL " FROM (SELECT "
		"COUNT(*) AS number, MIN(id) AS oldest FROM vh_outbox "
		"FORCE INDEX (organization) WHERE organization = ?) w "
		"LEFT JOIN vh_outbox o ON o.id = w.oldest";
	struct db_stmt *q;
	enum err e;

	if (organization)
		e = db_query(s->db, of_one, DB_ARGS(store_col_of(organization)),
			     &q);
	else
		e = db_query(s->db, all, DB_NONE, &q);
	while (!e && db_next(q)) {
		*count = db_col_uint(q, 0);
		*oldest_at = db_col_time(q, 1);
	}
	return e;
}

/* ---- taking over ---- */

/* A time as text, and whether it is none or too far away. */
#define TIME(column)                                                           \
	"CAST(" column " AS CHAR), " column " IS NOT NULL AND " column         \
	" NOT BETWEEN UTC_TIMESTAMP(3) - INTERVAL 400 DAY AND "                \
	"UTC_TIMESTAMP(3) + INTERVAL 400 DAY"
#define OCCURRED_AT TIME("o.occurred_at")
#define DELIVER_AT TIME("o.deliver_at") ", o.deliver_at IS NOT NULL"
#define EXPIRES_AT TIME("o.expires_at") ", o.expires_at <= o.deliver_at"
#define LISTED                                                                 \
	STORE_ACTION_LISTED_SQL("COALESCE(" STORE_OUTBOX_ACCEPTED_SQL          \
				", UTC_TIMESTAMP(6))")
/* The columns of store_outbox_next(), in its order. Texts are cut to what the
 * columns of vh_notifications hold. */
#define ROW                                                                    \
	"o.id, o.organization, EXISTS(SELECT 1 FROM vh_organizations g "       \
	"WHERE g.id = o.organization), LEFT(o.action, 255), LEFT(o.user, "     \
	"64), "                                                                \
	"LEFT(o.idempotency_key, 255), CHAR_LENGTH(o.action) > 255, "          \
	"CHAR_LENGTH(o.user) > 64, "                                           \
	"CHAR_LENGTH(o.idempotency_key) > 255, "                               \
	"CAST(" STORE_OUTBOX_ACCEPTED_SQL " AS CHAR), " LISTED                 \
	", " OCCURRED_AT ", " DELIVER_AT ", " EXPIRES_AT                       \
	", LEFT(o.replace_key, 128), LENGTH(o.replace_key) > 128, "            \
	"LEFT(o.cancels, 128), LENGTH(o.cancels) > 128"
/* Joined with their keys, rows are found and locked one by one. With a list of
 * keys in WHERE the server may as well read the whole table, if it is small,
 * and then waits for rows that are not committed (seen on MySQL 5.7 and MariaDB
 * 10.11). Without the CAST a key would be compared as text. */
#define BY_KEY                                                                 \
	" FROM ({SELECT CAST(? AS UNSIGNED) AS id| UNION }) w "                \
	"STRAIGHT_JOIN vh_outbox o FORCE INDEX (PRIMARY) ON o.id = w.id"

enum err store_outbox_take(struct store *s, const uint64_t *keys, size_t n,
			   size_t resource_max, struct db_stmt **rows)
{
	struct db_value list[DB_LIST_MAX];

	db_uints(list, keys, n);
	return db_query_list(
		s->db,
		"SELECT " ROW ", LENGTH(o.resource), "
		"IF(LENGTH(o.resource) <= ?, o.resource, NULL)" BY_KEY
		" FOR UPDATE",
		DB_ARGS(db_uint(resource_max)), list, n, rows);
}

enum err store_outbox_take_bare(struct store *s, const uint64_t *keys, size_t n,
				struct db_stmt **rows)
{
	struct db_value list[DB_LIST_MAX];

	db_uints(list, keys, n);
	return db_query_list(s->db,
			     "SELECT " ROW ", 0, NULL" BY_KEY " FOR UPDATE",
			     DB_NONE, list, n, rows);
}

static const char *outbox_text(struct db_stmt *q, unsigned col, size_t *n)
{
	const char *bytes = db_col_bytes(q, col, n);

	return db_col_null(q, col) ? NULL : bytes;
}

bool store_outbox_next(struct db_stmt *rows, struct store_outbox_row *out)
{
	size_t n;

	if (!db_next(rows))
		return false;
	*out = (struct store_outbox_row){
		.key = db_col_uint(rows, 0),
		.organization = store_col_id(rows, 1),
		.organization_known = db_col_int(rows, 2) != 0,
		.action_cut = db_col_int(rows, 6) != 0,
		.user_cut = db_col_int(rows, 7) != 0,
		.idempotency_cut = db_col_int(rows, 8) != 0,
		.action_listed = db_col_int(rows, 10) != 0,
		.occurred_wrong = db_col_int(rows, 12) != 0,
		.deliver_wrong = db_col_int(rows, 14) != 0,
		.later = db_col_int(rows, 15) != 0,
		.expires_wrong = db_col_int(rows, 17) != 0,
		.expires_early = db_col_int(rows, 18) != 0,
		.replace_cut = db_col_int(rows, 20) != 0,
		.cancels_cut = db_col_int(rows, 22) != 0,
		.resource_len = db_col_uint(rows, 23),
	};
	out->action = outbox_text(rows, 3, &out->action_len);
	out->user = outbox_text(rows, 4, &out->user_len);
	out->idempotency_key = outbox_text(rows, 5, &out->idempotency_len);
	out->accepted_at = outbox_text(rows, 9, &n);
	out->occurred_at = outbox_text(rows, 11, &n);
	out->deliver_at = outbox_text(rows, 13, &n);
	out->expires_at = outbox_text(rows, 16, &n);
	out->replace_key = outbox_text(rows, 19, &out->replace_len);
	out->cancels = outbox_text(rows, 21, &out->cancels_len);
	out->resource = outbox_text(rows, 24, &n);
	return true;
}

enum err store_outbox_remove(struct store *s, const uint64_t *keys, size_t n)
{
	struct db_value list[DB_LIST_MAX];

	db_uints(list, keys, n);
	return db_exec_list(s->db, "DELETE o" BY_KEY, DB_NONE, list, n);
}

/* As many as fit into one statement. */
static enum err keep_some(struct store *s, const struct store_taken *rows,
			  size_t n, uint64_t *keys, size_t *done)
{
	enum { COLUMNS = 12, ROWS = 256 };
	struct db_value values[ROWS * COLUMNS], *v = values;

	n = n < ROWS ? n : ROWS;
	for (size_t i = 0; i < n; i++) {
		const struct store_taken *row = &rows[i];

		*v++ = store_col_of(&row->organization);
		*v++ = db_bytes(row->action, row->action_len);
		*v++ = db_bytes(row->user, row->user_len);
		*v++ = db_bytes(row->resource, row->resource_len);
		*v++ = db_bytes(row->idempotency_key, row->idempotency_len);
		*v++ = db_text(row->accepted_at);
		*v++ = db_text(row->reason  ? "rejected"
			       : row->later ? "scheduled"
					    : "queued");
		*v++ = db_text(row->reason);
		*v++ = db_text(row->occurred_at);
		*v++ = db_text(row->deliver_at);
		*v++ = db_text(row->expires_at);
		*v++ = db_bytes(row->replace_key, row->replace_len);
	}
	return db_exec_keys(
		s->db,
		"INSERT INTO vh_notifications (organization, action, user, "
		"resource, idempotency_key, accepted_at, state, reason, "
		"occurred_at, deliver_at, expires_at, replace_key, "
		"created_at) VALUES {(?, ?, ?, ?, ?, "
		"COALESCE(?, UTC_TIMESTAMP(6)), ?, ?, ?, ?, ?, ?, "
		"UTC_TIMESTAMP(3))}",
		values, n, COLUMNS, keys, done);
}

enum err store_outbox_keep(struct store *s, const struct store_taken *rows,
			   size_t n, uint64_t *keys)
{
	enum err e = ERR_OK;
	size_t done;

	for (size_t at = 0; !e && at < n; at += done)
		e = keep_some(s, rows + at, n - at, keys + at, &done);
	return e;
}

static enum err expire_key(struct store *s, const struct store_taken *row,
			   int64_t keep_ms)
{
	return db_exec(
		s->db,
		"DELETE FROM vh_idempotency_keys WHERE organization = ? "
		"AND idempotency_key = ? AND created_at < "
		"UTC_TIMESTAMP(3) - INTERVAL ? SECOND",
		DB_ARGS(store_col_of(&row->organization),
			db_bytes(row->idempotency_key, row->idempotency_len),
			db_int(keep_ms / 1000)));
}

static enum err owns_key(struct store *s, const struct store_taken *row,
			 uint64_t key)
{
	struct db_stmt *q;
	bool own = false;
	enum err e;

	e = db_query(
		s->db,
		"SELECT notification_id = ? FROM vh_idempotency_keys "
		"WHERE organization = ? AND idempotency_key = ?",
		DB_ARGS(db_uint(key), store_col_of(&row->organization),
			db_bytes(row->idempotency_key, row->idempotency_len)),
		&q);
	if (e)
		return e;
	while (db_next(q))
		own = db_col_int(q, 0) != 0;
	return own ? ERR_OK : ERR_CONFLICT;
}

enum err store_outbox_claim(struct store *s, const struct store_taken *row,
			    uint64_t key, int64_t keep_ms)
{
	enum err e = expire_key(s, row, keep_ms);

	if (!e)
		e = db_exec(s->db,
			    "INSERT INTO vh_idempotency_keys (organization, "
			    "idempotency_key, notification_id, created_at) "
			    "VALUES (?, ?, ?, UTC_TIMESTAMP(3)) "
			    "ON DUPLICATE KEY UPDATE step = step",
			    DB_ARGS(store_col_of(&row->organization),
				    db_bytes(row->idempotency_key,
					     row->idempotency_len),
				    db_uint(key)));
	return e ? e : owns_key(s, row, key);
}

/* ---- its key ---- */

enum err store_outbox_counter(struct store *s, uint64_t *counter)
{
	struct db_stmt *q;
	enum err e = db_query(s->db,
			      "SELECT auto_increment "
			      "FROM information_schema.tables WHERE "
			      "table_schema = DATABASE() AND "
			      "table_name = 'vh_outbox'",
			      DB_NONE, &q);

	*counter = 0;
	while (!e && db_next(q))
		*counter = db_col_uint(q, 0);
	return e;
}

enum err store_outbox_heal(struct store *s)
{
	uint64_t counter;
	enum err e = store_outbox_counter(s, &counter);

	if (e || counter < STORE_OUTBOX_KEY_FAR)
		return e;
	e = db_exec_text(s->db, "SET SESSION lock_wait_timeout = 1");
	if (!e)
		(void)db_exec_text(s->db,
				   "ALTER TABLE vh_outbox AUTO_INCREMENT = 1");
	db_close(s->db); /* and so forgets the session's settings */
	return e;
}
