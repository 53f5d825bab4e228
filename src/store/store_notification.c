/* SPDX-License-Identifier: MIT */
/*
 * store_notification: SELECTs on `vh_notifications`.
 */
#include "store/store_notification.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/store.h"
#include "store/store_col.h"
#include "store/store_outbox.h"

/* The columns of read_notification_row(), in its order. */
#define COLUMNS                                                                \
	"n.id, n.organization, n.action, n.user, n.state, n.reason, "          \
	"n.created_at, " STORE_PUBLISHED_SQL ", " STORE_OCCURRED_SQL           \
	", n.deliver_at, n.expires_at, n.replace_key, n.erased"

static void read_notification_row(const struct store *s, struct db_stmt *q,
				  struct arena *arena,
				  struct store_notification *n)
{
	*n = (struct store_notification){
		.key = db_col_uint(q, 0),
		.organization = store_col_id(q, 1),
		.action = store_col_text(q, 2, arena),
		.user = store_col_text_null(q, 3, arena),
		.state = store_col_text(q, 4, arena),
		.reason = store_col_text_null(q, 5, arena),
		.created_at = db_col_time(q, 7),
		.occurred_at = db_col_time(q, 8),
		.deliver_at = db_col_time(q, 9),
		.expires_at = db_col_time(q, 10),
		.replace_key = store_col_text_null(q, 11, arena),
		.erased = db_col_int(q, 12) != 0,
	};
	store_id(s, &n->id, ID_NOTIFICATION, db_col_time(q, 6), n->key);
}

static void read_resource(struct db_stmt *q, struct arena *arena,
			  struct store_notification *n)
{
	const char *resource = db_col_bytes(q, 13, &n->resource_len);

	n->resource = arena_memdup(arena, resource, n->resource_len);
}

static enum err get_row(struct store *s, struct arena *arena,
			const struct id *organization, uint64_t key,
			struct store_notification *out)
{
	struct db_stmt *q;
	enum err e =
		db_query(s->db,
			 "SELECT " COLUMNS ", n.resource FROM "
			 "vh_notifications n WHERE n.id = ? AND "
			 "n.organization = ?",
			 DB_ARGS(db_uint(key), store_col_of(organization)), &q);

	if (e)
		return e;
	e = ERR_NOT_FOUND;
	while (db_next(q)) {
		read_notification_row(s, q, arena, out);
		read_resource(q, arena, out);
		e = ERR_OK;
	}
	return e;
}

enum err store_notification_get(struct store *s, struct arena *arena,
				const struct id *organization,
				const struct id *id,
				struct store_notification *out)
{
	struct store_notification n;
	int64_t created_s;
	uint64_t key;
	enum err e;

	if (!store_key(s, id, ID_NOTIFICATION, &key, &created_s))
		return ERR_NOT_FOUND;
	e = get_row(s, arena, organization, key, &n);
	if (!e && !id_equal(&n.id, id))
		e = ERR_NOT_FOUND;
	if (!e)
		*out = n;
	return e;
}

/* ---- pages, newest first ---- */

/* Values: state, action, since, until, user and replace_key, each twice. */
#define WANTED                                                                 \
	"(? = '' OR state = ?) AND " STORE_IS_ACTION " AND "                   \
	"(? IS NULL OR created_at >= ?) AND "                                  \
	"(? IS NULL OR created_at < ?) AND "                                   \
	"(? IS NULL OR user = CAST(? AS BINARY)) AND "                         \
	"(? IS NULL OR replace_key = CAST(? AS BINARY))"

/* Few rows have another state than these two: the index of states finds them.
 */
static bool by_state(const struct store_filter *f)
{
	return *f->state && strcmp(f->state, "fanned_out") != 0 &&
	       strcmp(f->state, "unmatched") != 0;
}

static enum err look_notifications(void *arg, uint64_t below, size_t rows,
				   struct db_stmt **q)
{
	static const char all[] =
		"SELECT id, created_at, " WANTED " FROM vh_notifications "
		"FORCE INDEX (organization) WHERE organization = ? AND "
		"id < ? ORDER BY id DESC LIMIT ?";
	static const char of_state[] =
		"SELECT id, created_at, " WANTED " FROM vh_notifications "
		"FORCE INDEX (state) WHERE organization = ? AND id < ? AND "
		"state = ? ORDER BY id DESC LIMIT ?";
	const struct store_walk *w = arg;
	const struct store_filter *f = w->f;
	struct db_value args[16], *v = args;

	*v++ = db_text(f->state);
	*v++ = db_text(f->state);
	*v++ = db_text(f->action);
	*v++ = db_text(f->action);
	*v++ = db_time(f->since);
	*v++ = db_time(f->since);
	*v++ = db_time(f->until);
	*v++ = db_time(f->until);
	*v++ = db_text(f->user);
	*v++ = db_text(f->user);
	*v++ = db_text(f->replace_key);
	*v++ = db_text(f->replace_key);
	*v++ = store_col_of(w->organization);
	*v++ = db_uint(below);
	if (by_state(f))
		*v++ = db_text(f->state);
	*v++ = db_uint(rows);
	return db_query(w->s->db, by_state(f) ? of_state : all, args,
			(size_t)(v - args), q);
}

static enum err read_notification_page(const struct store_walk *w,
				       struct arena *arena,
				       struct store_notification **list,
				       size_t *count)
{
	struct db_value keys[DB_LIST_MAX];
	struct store_notification *rows;
	struct db_stmt *q;
	size_t n = 0;
	enum err e;

	*count = 0;
	if (!w->count)
		return ERR_OK;
	db_uints(keys, w->key, w->count);
	e = db_query_list(w->s->db,
			  "SELECT " COLUMNS " FROM vh_notifications n "
			  "FORCE INDEX (PRIMARY) WHERE n.id IN ({?}) "
			  "ORDER BY n.id DESC",
			  DB_NONE, keys, w->count, &q);
	if (e)
		return e;
	rows = arena_alloc(arena, (db_rows(q) + 1) * sizeof(*rows));
	while (db_next(q))
		read_notification_row(w->s, q, arena, &rows[n++]);
	*list = rows;
	*count = n;
	return ERR_OK;
}

enum err store_notification_list(struct store *s, struct arena *arena,
				 const struct id *organization,
				 const struct store_filter *f,
				 struct store_notification **list,
				 size_t *count, struct store_more *more)
{
	static const char cursor[] =
		"SELECT n.created_at, n.organization = ?, "
		"(SELECT MAX(id) FROM vh_notifications) FROM (SELECT 1) one "
		"LEFT JOIN vh_notifications n ON n.id = ?";
	static const char after_key[] =
		"SELECT id, created_at FROM vh_notifications "
		"FORCE INDEX (organization) WHERE organization = ? AND "
		"id > ? ORDER BY id LIMIT 1";
	struct store_walk w = {
		.s = s,
		.f = f,
		.organization = organization,
		.kind = ID_NOTIFICATION,
		.look = look_notifications,
		.arg = &w,
	};
	enum err e = store_walk_begin(&w, cursor);

	if (!e)
		e = store_walk_until(&w, after_key, store_col_of(organization));
	if (!e)
		e = store_walk(arena, &w);
	if (!e)
		e = read_notification_page(&w, arena, list, count);
	if (!e)
		store_walk_end(&w, more);
	return e;
}

/* ---- the outbox ---- */

static bool is_text(const char *wanted, const char *text)
{
	return !wanted || (text && strcmp(wanted, text) == 0);
}

static bool is_wanted_waiting(const struct store_notification *n,
			      const struct store_filter *f)
{
	return (!*f->action || strcmp(n->action, f->action) == 0) &&
	       is_text(f->user, n->user) &&
	       is_text(f->replace_key, n->replace_key) &&
	       (f->since == TIME_NONE || n->created_at >= f->since) &&
	       (f->until == TIME_NONE || n->created_at < f->until);
}

enum err store_notification_waiting(struct store *s, struct arena *arena,
				    const struct id *organization,
				    const struct store_filter *f, size_t max,
				    struct store_notification **list,
				    size_t *count)
{
	struct store_notification *rows;
	struct db_stmt *q;
	enum err e;

	*count = 0;
	if (f->after || (*f->state && strcmp(f->state, "queued") != 0))
		return ERR_OK;
	e = db_query(s->db,
		     "SELECT LEFT(o.action, 255), LEFT(o.user, 64), "
		     "COALESCE(" STORE_OUTBOX_ACCEPTED_SQL
		     ", UTC_TIMESTAMP(3)), o.occurred_at, o.deliver_at, "
		     "o.expires_at, LEFT(o.replace_key, 128) FROM vh_outbox o "
		     "FORCE INDEX (organization) WHERE o.organization = ? "
		     "ORDER BY o.id DESC LIMIT ?",
		     DB_ARGS(store_col_of(organization), db_uint(max)), &q);
	if (e)
		return e;
	*list = rows = arena_alloc(arena, (db_rows(q) + 1) * sizeof(*rows));
	while (db_next(q)) {
		struct store_notification *n = &rows[*count];

		*n = (struct store_notification){
			.waits = true,
			.organization = *organization,
			.action = store_col_text(q, 0, arena),
			.user = store_col_text_null(q, 1, arena),
			.state = "queued",
			.created_at = db_col_time(q, 2),
			.occurred_at = db_col_time(q, 3),
			.deliver_at = db_col_time(q, 4),
			.expires_at = db_col_time(q, 5),
			.replace_key = store_col_text_null(q, 6, arena),
		};
		if (n->occurred_at == TIME_NONE)
			n->occurred_at = n->created_at;
		*count += is_wanted_waiting(n, f);
	}
	return ERR_OK;
}

/* ---- for an export ---- */

enum err store_notification_next(struct store *s, struct arena *arena,
				 const struct id *organization, uint64_t after,
				 size_t max, struct store_notification **list,
				 size_t *count)
{
	struct store_notification *rows;
	struct db_stmt *q;
	size_t n = 0;
	enum err e =
		db_query(s->db,
			 "SELECT " COLUMNS ", n.resource FROM "
			 "vh_notifications n FORCE INDEX (organization) WHERE "
			 "n.organization = ? AND n.id > ? "
			 "ORDER BY n.id LIMIT ?",
			 DB_ARGS(store_col_of(organization), db_uint(after),
				 db_uint(max)),
			 &q);

	if (e)
		return e;
	rows = arena_alloc(arena, (db_rows(q) + 1) * sizeof(*rows));
	while (db_next(q)) {
		read_notification_row(s, q, arena, &rows[n]);
		read_resource(q, arena, &rows[n++]);
	}
	*list = rows;
	*count = n;
	return ERR_OK;
}

bool store_notification_state(const char *state)
{
	static const char *const states[] = {
		"queued",    "fanned_out", "unmatched", "rejected",
		"scheduled", "cancelled",  "replaced"};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(states[i], state) == 0)
			return true;
	return false;
}
