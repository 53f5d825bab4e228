/* SPDX-License-Identifier: MIT */
/*
 * store_erase: DELETEs over all tables that name an organization.
 */
#include "store/store_erase.h"

#include "store/store.h"
#include "store/store_col.h"
#include "store/store_lane.h"
#include "store/store_match.h"
#include "store/store_outbox.h"

enum { STEP = 500 };

/* ---- counting ---- */

static enum err count_of_org(struct store *s, const struct id *org,
			     const char *sql, uint64_t *n)
{
	struct db_stmt *q;
	enum err e = db_query(s->db, sql, DB_ARGS(store_col_of(org)), &q);

	while (!e && db_next(q))
		*n = db_col_uint(q, 0);
	return e;
}

enum err store_erase_count(struct store *s, const struct id *org,
			   struct store_erased *out)
{
	struct store_erased n = {0};
	enum err e = count_of_org(s, org,
				  "SELECT COUNT(*) FROM vh_api_keys "
				  "WHERE organization = ?",
				  &n.keys);

	if (!e)
		e = count_of_org(
			s, org,
			"SELECT COUNT(*) FROM vh_hooks WHERE organization = ?",
			&n.hooks);
	if (!e)
		e = count_of_org(s, org,
				 "SELECT (SELECT COUNT(*) FROM "
				 "vh_notifications n WHERE n.organization = "
				 "o.id) + (SELECT COUNT(*) FROM vh_outbox b "
				 "WHERE b.organization = o.id) "
				 "FROM vh_organizations o WHERE o.id = ?",
				 &n.notifications);
	if (!e)
		e = count_of_org(s, org,
				 "SELECT COUNT(*) FROM vh_deliveries "
				 "WHERE organization = ?",
				 &n.deliveries);
	if (!e)
		e = count_of_org(s, org,
				 "SELECT COUNT(*) FROM vh_idempotency_keys "
				 "WHERE organization = ?",
				 &n.idempotency_keys);
	if (!e)
		*out = n;
	return e;
}

/* ---- nothing new comes in or goes out ---- */

struct hooks {
	struct store *s;
	uint64_t key[STEP];
	size_t count;
	uint64_t removed;
};

static enum err read_hooks_of_org(struct hooks *h, const struct id *org,
				  const char *sql)
{
	struct db_stmt *q;
	enum err e = db_query(h->s->db, sql,
			      DB_ARGS(store_col_of(org), db_int(STEP)), &q);

	h->count = 0;
	while (!e && db_next(q))
		h->key[h->count++] = db_col_uint(q, 0);
	return e;
}

static void list_hooks(const struct hooks *h, struct db_value *list)
{
	for (size_t i = 0; i < h->count; i++)
		list[i] = db_uint(h->key[i]);
}

/* Senders check once a second whether a hook still exists. */
static enum err shut_body(struct db *db, void *arg)
{
	struct hooks *h = arg;
	struct db_value list[STEP];
	enum err e = store_lane_lock(h->s, h->key, h->count);

	list_hooks(h, list);
	if (!e)
		e = db_exec_list(db,
				 "UPDATE vh_hooks SET deleted_at = "
				 "UTC_TIMESTAMP(3) WHERE deleted_at IS NULL "
				 "AND id IN ({?})",
				 DB_NONE, list, h->count);
	return e ? e : store_match_end(h->s, h->key, h->count);
}

enum err store_erase_shut(struct store *s, const struct id *org,
			  struct store_erased *done)
{
	struct hooks h = {.s = s};
	enum err e;

	e = db_exec(s->db, "DELETE FROM vh_api_keys WHERE organization = ?",
		    DB_ARGS(store_col_of(org)));
	if (e)
		return e;
	done->keys += db_affected(s->db);
	do {
		e = read_hooks_of_org(
			&h, org,
			"SELECT id FROM vh_hooks WHERE organization = ? "
			"AND deleted_at IS NULL LIMIT ?");
		if (!e && h.count)
			e = db_tx(s->db, DB_REPEAT, shut_body, &h);
	} while (!e && h.count);
	return e;
}

/* ---- the lanes ---- */

/* The time is read again after locking: a lease may have been renewed. */
static enum err lanes_body(struct db *db, void *arg)
{
	struct hooks *h = arg;
	struct db_value list[STEP];
	enum err e = store_lane_lock(h->s, h->key, h->count);

	h->removed = 0;
	list_hooks(h, list);
	if (!e)
		e = db_exec_list(
			db,
			"DELETE l FROM vh_lanes l FORCE INDEX (PRIMARY) "
			"WHERE (l.owner IS NULL OR l.next_at IS NULL "
			"OR l.next_at <= UTC_TIMESTAMP(3)) AND "
			"l.hook_id IN ({?})",
			DB_NONE, list, h->count);
	h->removed = db_affected(db);
	return e;
}

enum err store_erase_lanes(struct store *s, const struct id *org,
			   uint64_t *leased)
{
	struct hooks h = {.s = s};
	enum err e;

	do {
		e = read_hooks_of_org(
			&h, org,
			"SELECT l.hook_id FROM vh_hooks h JOIN (SELECT 0 "
			"AS kind UNION ALL SELECT " STORE_LANE_PING_SQL
			") k JOIN vh_lanes l ON l.hook_id = h.id + k.kind "
			"WHERE h.organization = ? "
			"ORDER BY l.owner IS NOT NULL LIMIT ?");
		h.removed = 0;
		if (!e && h.count)
			e = db_tx(s->db, DB_REPEAT, lanes_body, &h);
	} while (!e && h.removed);
	*leased = h.count;
	return e;
}

/* ---- rows ---- */

static enum err read_page_of_org(struct store *s, const struct id *org,
				 const char *sql, struct db_value *list,
				 size_t *n)
{
	struct db_stmt *q;
	enum err e = db_query(s->db, sql,
			      DB_ARGS(store_col_of(org), db_int(STEP)), &q);

	*n = 0;
	while (!e && db_next(q))
		list[(*n)++] = db_uint(db_col_uint(q, 0));
	return e;
}

static enum err remove_list(struct store *s, const char *sql,
			    const struct db_value *list, size_t n,
			    uint64_t *removed)
{
	enum err e = db_exec_list(s->db, sql, DB_NONE, list, n);

	if (!e)
		*removed += db_affected(s->db);
	return e;
}

/* Attempts first, so that none is left if the program ends between the two. */
static enum err erase_deliveries(struct store *s, const struct id *org,
				 struct store_erased *done, size_t *n)
{
	struct db_value list[STEP];
	enum err e = read_page_of_org(
		s, org,
		"SELECT id FROM vh_deliveries FORCE INDEX "
		"(organization) WHERE organization = ? LIMIT ?",
		list, n);

	if (e || !*n)
		return e;
	e = remove_list(s,
			"DELETE a FROM vh_attempts a FORCE INDEX (PRIMARY) "
			"WHERE a.delivery_id IN ({?})",
			list, *n, &done->attempts);
	if (!e)
		e = remove_list(s,
				"DELETE d FROM vh_deliveries d "
				"FORCE INDEX (PRIMARY) WHERE d.id IN ({?})",
				list, *n, &done->deliveries);
	return e;
}

static enum err erase_outbox(struct store *s, const struct id *org,
			     struct store_erased *done, size_t *n)
{
	struct db_value list[STEP];
	uint64_t keys[STEP];
	enum err e = read_page_of_org(s, org,
				      "SELECT id FROM vh_outbox FORCE INDEX "
				      "(organization) WHERE organization = ? "
				      "LIMIT ?",
				      list, n);

	for (size_t i = 0; !e && i < *n; i++)
		keys[i] = list[i].u;
	if (e || !*n)
		return e;
	e = store_outbox_remove(s, keys, *n);
	if (!e)
		done->notifications += db_affected(s->db);
	return e;
}

static enum err erase_notifications(struct store *s, const struct id *org,
				    struct store_erased *done, size_t *n)
{
	struct db_value list[STEP];
	uint64_t scheduled = 0;
	enum err e = read_page_of_org(
		s, org,
		"SELECT id FROM vh_notifications FORCE INDEX "
		"(organization) WHERE organization = ? LIMIT ?",
		list, n);

	if (!e && *n)
		e = remove_list(s,
				"DELETE w FROM vh_scheduled w WHERE "
				"w.notification_id IN ({?})",
				list, *n, &scheduled);
	if (e || !*n)
		return e;
	return remove_list(s,
			   "DELETE n FROM vh_notifications n "
			   "FORCE INDEX (PRIMARY) WHERE n.id IN ({?})",
			   list, *n, &done->notifications);
}

static enum err remove_keys(struct store *s, const struct id *org,
			    struct store_erased *done, size_t *n)
{
	enum err e = db_exec(s->db,
			     "DELETE FROM vh_idempotency_keys WHERE "
			     "organization = ? LIMIT ?",
			     DB_ARGS(store_col_of(org), db_int(STEP)));

	*n = e ? 0 : (size_t)db_affected(s->db);
	done->idempotency_keys += *n;
	return e;
}

static enum err remove_actions(struct store *s, const struct id *org, size_t *n)
{
	enum err e = db_exec(
		s->db, "DELETE FROM vh_actions WHERE organization = ? LIMIT ?",
		DB_ARGS(store_col_of(org), db_int(STEP)));

	*n = e ? 0 : (size_t)db_affected(s->db);
	return e;
}

/* These counts are nobody's data, so they are not reported. */
static enum err remove_stats(struct store *s, const struct id *org, size_t *n)
{
	enum err e = db_exec(
		s->db, "DELETE FROM vh_stats WHERE organization = ? LIMIT ?",
		DB_ARGS(store_col_of(org), db_int(STEP)));

	*n = e ? 0 : (size_t)db_affected(s->db);
	return e;
}

/* A fan-out that was running when the hooks were deleted may have written more
 * while this waited for its notifications: so it starts again from the top. */
enum err store_erase_rows(struct store *s, const struct id *org,
			  struct store_erased *done, bool *more)
{
	size_t n;
	enum err e = erase_outbox(s, org, done, &n);

	if (!e && !n)
		e = erase_deliveries(s, org, done, &n);
	if (!e && !n)
		e = erase_notifications(s, org, done, &n);
	if (!e && !n)
		e = remove_keys(s, org, done, &n);
	if (!e && !n)
		e = remove_actions(s, org, &n);
	if (!e && !n)
		e = remove_stats(s, org, &n);
	*more = n > 0;
	return e;
}

/* ---- the end ---- */

static enum err end_body(struct db *db, void *arg)
{
	struct hooks *h = arg;
	struct db_value list[STEP];
	enum err e;

	list_hooks(h, list);
	e = db_exec_list(db,
			 "DELETE x FROM vh_hook_secrets x WHERE "
			 "x.hook_id IN ({?})",
			 DB_NONE, list, h->count);
	if (!e)
		e = db_exec_list(db,
				 "DELETE x FROM vh_alerts x WHERE "
				 "x.hook_id IN ({?})",
				 DB_NONE, list, h->count);
	if (!e)
		e = db_exec_list(
			db,
			"DELETE h FROM vh_hooks h FORCE INDEX (PRIMARY) "
			"WHERE h.id IN ({?})",
			DB_NONE, list, h->count);
	h->removed = db_affected(db);
	return e;
}

enum err store_erase_end(struct store *s, const struct id *org,
			 struct store_erased *done)
{
	struct hooks h = {.s = s};
	enum err e;

	do {
		e = read_hooks_of_org(
			&h, org,
			"SELECT id FROM vh_hooks WHERE organization = ? "
			"LIMIT ?");
		if (!e && h.count)
			e = db_tx(s->db, DB_REPEAT, end_body, &h);
		if (!e && h.count)
			done->hooks += h.removed;
	} while (!e && h.count);
	if (!e)
		e = db_exec(s->db,
			    "DELETE FROM vh_stored WHERE organization = ?",
			    DB_ARGS(store_col_of(org)));
	if (!e)
		e = db_exec(s->db, "DELETE FROM vh_organizations WHERE id = ?",
			    DB_ARGS(store_col_of(org)));
	return e;
}
