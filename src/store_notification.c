/*
 * store_notification: SELECTs on `notifications`.
 */
#include "store_notification.h"

#include <string.h>

#include "mem.h"
#include "store.h"
#include "text.h"

/* The columns of read_row(), in its order. */
#define COLUMNS "id, organization, action, user, state, reason, created_at"

static const char *text_or_null(struct db_stmt *q, unsigned col,
				struct arena *arena)
{
	return db_col_null(q, col) ? NULL
				   : arena_strdup(arena, db_col_text(q, col));
}

static void read_row(const struct store *s, struct db_stmt *q,
		     struct arena *arena, struct store_notification *n)
{
	size_t len;
	const char *org = db_col_bytes(q, 1, &len);

	*n = (struct store_notification){
		.key = db_col_uint(q, 0),
		.action = arena_strdup(arena, db_col_text(q, 2)),
		.user = text_or_null(q, 3, arena),
		.state = arena_strdup(arena, db_col_text(q, 4)),
		.reason = text_or_null(q, 5, arena),
		.created_at = db_col_time(q, 6),
	};
	memcpy(n->organization.b, org, len < ID_SIZE ? len : ID_SIZE);
	store_id(s, &n->id, ID_NOTIFICATION, n->created_at, n->key);
}

static struct db_value id_value(const struct id *id)
{
	return db_bytes(id->b, ID_SIZE);
}

static void read_resource(struct db_stmt *q, struct arena *arena,
			  struct store_notification *n)
{
	const char *resource = db_col_bytes(q, 7, &n->resource_len);

	n->resource = arena_memdup(arena, resource, n->resource_len);
}

static enum err get_row(struct store *s, struct arena *arena,
			const struct id *organization, uint64_t key,
			struct store_notification *out)
{
	struct db_stmt *q;
	enum err e =
		db_query(s->db,
			 "SELECT " COLUMNS ", resource FROM notifications "
			 "WHERE id = ? AND organization = ?",
			 DB_ARGS(db_uint(key), id_value(organization)), &q);

	if (e)
		return e;
	e = ERR_NOT_FOUND;
	while (db_next(q)) {
		read_row(s, q, arena, out);
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

static enum err find_cursor(struct store *s, struct arena *arena,
			    const struct id *organization, const struct id *id,
			    uint64_t *key)
{
	struct store_notification n;
	enum err e;

	if (!id) {
		*key = ID_SERIAL_MAX;
		return ERR_OK;
	}
	e = store_notification_get(s, arena, organization, id, &n);
	if (!e)
		*key = n.key;
	return e;
}

enum err store_notification_list(struct store *s, struct arena *arena,
				 const struct id *organization,
				 const struct store_filter *f,
				 struct store_notification **list,
				 size_t *count, bool *more)
{
	struct store_notification *rows;
	struct db_stmt *q;
	uint64_t before;
	size_t n = 0;
	enum err e = find_cursor(s, arena, organization, f->after, &before);

	if (!e)
		e = db_query(s->db,
			     "SELECT " COLUMNS " FROM notifications WHERE "
			     "organization = ? AND id < ? AND "
			     "(? = '' OR action = ?) AND "
			     "(? = '' OR state = ?) AND "
			     "(? IS NULL OR created_at >= ?) AND "
			     "(? IS NULL OR created_at < ?) "
			     "ORDER BY id DESC LIMIT ?",
			     DB_ARGS(id_value(organization), db_uint(before),
				     db_text(f->action), db_text(f->action),
				     db_text(f->state), db_text(f->state),
				     db_time(f->since), db_time(f->since),
				     db_time(f->until), db_time(f->until),
				     db_uint(f->limit + 1)),
			     &q);
	if (e)
		return e;
	rows = arena_alloc(arena, (db_rows(q) + 1) * sizeof(*rows));
	while (db_next(q))
		read_row(s, q, arena, &rows[n++]);
	*list = rows;
	*count = n < f->limit ? n : f->limit;
	*more = n > f->limit;
	return ERR_OK;
}

enum err store_notification_next(struct store *s, struct arena *arena,
				 const struct id *organization, uint64_t after,
				 size_t max, struct store_notification **list,
				 size_t *count)
{
	struct store_notification *rows;
	struct db_stmt *q;
	size_t n = 0;
	enum err e = db_query(s->db,
			      "SELECT " COLUMNS ", resource FROM notifications "
			      "FORCE INDEX (organization) WHERE "
			      "organization = ? AND id > ? ORDER BY id LIMIT ?",
			      DB_ARGS(id_value(organization), db_uint(after),
				      db_uint(max)),
			      &q);

	if (e)
		return e;
	rows = arena_alloc(arena, (db_rows(q) + 1) * sizeof(*rows));
	while (db_next(q)) {
		read_row(s, q, arena, &rows[n]);
		read_resource(q, arena, &rows[n++]);
	}
	*list = rows;
	*count = n;
	return ERR_OK;
}

bool store_notification_state(const char *state)
{
	static const char *const states[] = {"queued", "fanned_out",
					     "unmatched", "rejected"};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(states[i], state) == 0)
			return true;
	return false;
}
