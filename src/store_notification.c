/*
 * store_notification: SELECTs on `notifications`.
 */
#include "store_notification.h"

#include <string.h>

#include "mem.h"
#include "store.h"
#include "store_col.h"
#include "store_seek.h"
#include "store_walk.h"
#include "text.h"

/* The columns of read_row(), in its order. */
#define COLUMNS "id, organization, action, user, state, reason, created_at"

static void read_row(const struct store *s, struct db_stmt *q,
		     struct arena *arena, struct store_notification *n)
{
	*n = (struct store_notification){
		.key = db_col_uint(q, 0),
		.organization = store_col_id(q, 1),
		.action = store_col_text(q, 2, arena),
		.user = store_col_text_null(q, 3, arena),
		.state = store_col_text(q, 4, arena),
		.reason = store_col_text_null(q, 5, arena),
		.created_at = db_col_time(q, 6),
	};
	store_id(s, &n->id, ID_NOTIFICATION, n->created_at, n->key);
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
			 DB_ARGS(db_uint(key), store_col_of(organization)), &q);

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

/* ---- pages, newest first ---- */

struct search {
	struct store *s;
	const struct store_filter *f;
	const struct id *organization;
	struct store_walk walk;
};

/* Values: state, action, since and until, each twice. */
#define WANTED                                                                 \
	"(? = '' OR state = ?) AND (? = '' OR action = ?) AND "                \
	"(? IS NULL OR created_at >= ?) AND (? IS NULL OR created_at < ?)"

/* Few are queued or rejected at a time: the index of states finds them. */
static bool by_state(const struct store_filter *f)
{
	return strcmp(f->state, "queued") == 0 ||
	       strcmp(f->state, "rejected") == 0;
}

static enum err look(void *arg, uint64_t below, size_t rows, struct db_stmt **q)
{
	static const char all[] =
		"SELECT id, created_at, " WANTED " FROM notifications "
		"FORCE INDEX (organization) WHERE organization = ? AND "
		"id < ? ORDER BY id DESC LIMIT ?";
	static const char of_state[] =
		"SELECT id, created_at, " WANTED " FROM notifications "
		"FORCE INDEX (state) WHERE organization = ? AND id < ? AND "
		"state = ? ORDER BY id DESC LIMIT ?";
	const struct search *s = arg;
	const struct store_filter *f = s->f;
	struct db_value args[12], *v = args;

	*v++ = db_text(f->state);
	*v++ = db_text(f->state);
	*v++ = db_text(f->action);
	*v++ = db_text(f->action);
	*v++ = db_time(f->since);
	*v++ = db_time(f->since);
	*v++ = db_time(f->until);
	*v++ = db_time(f->until);
	*v++ = store_col_of(s->organization);
	*v++ = db_uint(below);
	if (by_state(f))
		*v++ = db_text(f->state);
	*v++ = db_uint(rows);
	return db_query(s->s->db, by_state(f) ? of_state : all, args,
			(size_t)(v - args), q);
}

/* Past all that is newer than `until`. */
static enum err skip(struct search *s)
{
	uint64_t key;
	enum err e;

	if (s->f->until == TIME_NONE)
		return ERR_OK;
	e = store_seek(s->s,
		       "SELECT id, created_at FROM notifications "
		       "FORCE INDEX (organization) WHERE organization = ? AND "
		       "id > ? ORDER BY id LIMIT 1",
		       store_col_of(s->organization),
		       s->f->until + STORE_SEEK_SLACK, &key);
	if (!e && key + 1 < s->walk.below)
		s->walk.below = key + 1;
	return e;
}

static enum err begin(struct search *s)
{
	static const char cursor[] =
		"SELECT n.created_at, n.organization = ?, "
		"(SELECT MAX(id) FROM notifications) FROM (SELECT 1) one "
		"LEFT JOIN notifications n ON n.id = ?";
	const struct store_filter *f = s->f;

	s->walk = (struct store_walk){
		.look = look,
		.arg = s,
		.below = ID_SERIAL_MAX,
		.since = f->since,
		.limit = f->limit,
		.narrow = *f->state || *f->action || f->since != TIME_NONE ||
			  f->until != TIME_NONE,
	};
	if (!f->after)
		return ERR_OK;
	return store_cursor(s->s, cursor, s->organization, f->after,
			    ID_NOTIFICATION, &s->walk.below);
}

static enum err read_page(const struct search *s, struct arena *arena,
			  struct store_notification **list, size_t *count)
{
	struct db_value keys[DB_LIST_MAX];
	struct store_notification *rows;
	struct db_stmt *q;
	size_t n = 0;
	enum err e;

	*count = 0;
	if (!s->walk.count)
		return ERR_OK;
	db_uints(keys, s->walk.key, s->walk.count);
	e = db_query_list(s->s->db,
			  "SELECT " COLUMNS " FROM notifications "
			  "FORCE INDEX (PRIMARY) WHERE id IN ({?}) "
			  "ORDER BY id DESC",
			  DB_NONE, keys, s->walk.count, &q);
	if (e)
		return e;
	rows = arena_alloc(arena, (db_rows(q) + 1) * sizeof(*rows));
	while (db_next(q))
		read_row(s->s, q, arena, &rows[n++]);
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
	struct search l = {.s = s, .f = f, .organization = organization};
	enum err e = begin(&l);

	if (!e)
		e = skip(&l);
	if (!e)
		e = store_walk(arena, &l.walk);
	if (!e)
		e = read_page(&l, arena, list, count);
	if (e)
		return e;
	more->more = l.walk.more;
	if (more->more)
		store_id(s, &more->after, ID_NOTIFICATION, l.walk.last_at,
			 l.walk.last);
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
			      DB_ARGS(store_col_of(organization),
				      db_uint(after), db_uint(max)),
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
