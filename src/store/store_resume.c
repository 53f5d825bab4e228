/* SPDX-License-Identifier: MIT */
/*
 * store_resume: the lane's row, and then a count.
 */
#include "store/store_resume.h"

#include "store/store.h"
#include "store/store_hook.h"
#include "store/store_lane.h"

struct resumption {
	struct store *s;
	const struct store_hook *hook;
};

static enum err resume_body(struct db *db, void *arg)
{
	const struct resumption *r = arg;
	struct db_stmt *q;
	enum err e = store_lane_resume(r->s, r->hook->key);

	if (e)
		return e;
	e = db_query(db,
		     "SELECT enabled FROM vh_hooks WHERE id = ? AND "
		     "deleted_at IS NULL LOCK IN SHARE MODE",
		     DB_ARGS(db_uint(r->hook->key)), &q);
	if (e)
		return e;
	e = ERR_NOT_FOUND;
	while (db_next(q))
		e = db_col_int(q, 0) ? ERR_OK : ERR_CONFLICT;
	return e;
}

enum err store_resume(struct store *s, const struct store_hook *hook,
		      uint64_t *count)
{
	struct resumption r = {.s = s, .hook = hook};
	struct db_stmt *q;
	enum err e = db_tx(s->db, DB_REPEAT, resume_body, &r);

	if (!e)
		e = db_query(s->db,
			     "SELECT COUNT(*) FROM vh_deliveries "
			     "FORCE INDEX (lane) WHERE lane = ?",
			     DB_ARGS(db_uint(hook->key)), &q);
	while (!e && db_next(q))
		*count = db_col_uint(q, 0);
	return e;
}
