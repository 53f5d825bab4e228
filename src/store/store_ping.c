/* SPDX-License-Identifier: MIT */
/*
 * store_ping: a notification, its one delivery and the lane, in one
 * transaction.
 */
#include "store/store_ping.h"

#include "rules/action.h"
#include "store/store.h"
#include "store/store_col.h"
#include "store/store_hook.h"
#include "store/store_lane.h"

struct pinging {
	struct store *s;
	const struct store_hook *hook;
	const char *resource;
	size_t len;
	int64_t now;
	uint64_t lane, delivery;
};

/* Inserted with the first ping; the lock keeps the lane's owner from giving it
 * back, and other processes from removing it. */
static enum err hold_lane(const struct pinging *p)
{
	enum err e = db_exec(p->s->db,
			     "INSERT INTO vh_lanes (hook_id) VALUES (?) "
			     "ON DUPLICATE KEY UPDATE hook_id = hook_id",
			     DB_ARGS(db_uint(p->lane)));

	return e ? e : store_lane_lock(p->s, &p->lane, 1);
}

static enum err check_ping_limit(const struct pinging *p)
{
	struct db_stmt *q;
	uint64_t n = 0;
	enum err e = db_query(
		p->s->db,
		"SELECT COUNT(*) FROM (SELECT 1 FROM vh_deliveries "
		"WHERE lane = ? LIMIT ?) d",
		DB_ARGS(db_uint(p->lane), db_int(STORE_PINGS_MAX)), &q);

	while (!e && db_next(q))
		n = db_col_uint(q, 0);
	return !e && n >= STORE_PINGS_MAX ? ERR_LIMIT : e;
}

static enum err insert(struct pinging *p)
{
	struct db_value org = store_col_of(&p->hook->organization);
	struct db *db = p->s->db;
	uint64_t notification;
	enum err e;

	e = db_exec(db,
		    "INSERT INTO vh_notifications (organization, action, "
		    "user, resource, created_at, state) "
		    "VALUES (?, ?, ?, ?, ?, 'fanned_out')",
		    DB_ARGS(org, db_text(ACTION_PING), db_text(p->hook->user),
			    db_bytes(p->resource, p->len), db_time(p->now)));
	if (e)
		return e;
	notification = db_insert_id(db);
	e = db_exec(db,
		    "INSERT INTO vh_deliveries (organization, notification_id, "
		    "hook_id, lane, due_at, created_at) "
		    "VALUES (?, ?, ?, ?, ?, ?)",
		    DB_ARGS(org, db_uint(notification), db_uint(p->hook->key),
			    db_uint(p->lane), db_time(p->now),
			    db_time(p->now)));
	p->delivery = db_insert_id(db);
	return e;
}

static enum err body(struct db *db, void *arg)
{
	struct pinging *p = arg;
	enum err e = hold_lane(p);

	(void)db;
	if (!e)
		e = store_hook_lock(p->s, p->hook->key);
	if (!e)
		e = check_ping_limit(p);
	if (!e)
		e = insert(p);
	return e ? e : store_lane_wake(p->s, &p->lane, 1);
}

enum err store_ping(struct store *s, const struct store_hook *hook,
		    const char *resource, size_t len, struct id *id)
{
	struct pinging p = {
		.s = s,
		.hook = hook,
		.resource = resource,
		.len = len,
		.lane = store_lane_number(STORE_LANE_PING, hook->key),
	};
	enum err e = store_now(s, &p.now);

	if (!e)
		e = db_tx(s->db, DB_ONCE, body, &p);
	if (!e)
		store_id(s, id, ID_DELIVERY, p.now, p.delivery);
	return e;
}
