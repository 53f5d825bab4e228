/* SPDX-License-Identifier: MIT */
/*
 * store_lane_bury: ends the leases of dead owners.
 */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/store.h"
#include "store/store_col.h"
#include "store/store_lane.h"

enum { BURY_MS = 3000 }; /* for all; each lock may cost a second */

/* Copies the names: a statement in the loop over them may lose the connection,
 * and with it the rows that were not read yet. */
static enum err find_dead(struct store *s, struct arena *arena,
			  const char *prefix,
			  bool (*alive)(void *arg, const char *owner),
			  void *arg, const char ***dead, size_t *n)
{
	struct db_stmt *q;
	enum err e;

	e = db_query(s->db,
		     "SELECT DISTINCT owner FROM vh_lanes WHERE "
		     "next_at IS NOT NULL AND owner IS NOT NULL AND "
		     "LEFT(owner, ?) = ?",
		     DB_ARGS(db_uint(strlen(prefix)), db_text(prefix)), &q);
	if (e)
		return e;
	*n = 0;
	*dead = arena_alloc(arena, (db_rows(q) + 1) * sizeof(**dead));
	while (db_next(q))
		if (!alive(arg, db_col_text(q, 0)))
			(*dead)[(*n)++] = store_col_text(q, 0, arena);
	return ERR_OK;
}

static enum err bury_lane(struct store *s, const char *owner, uint64_t lane)
{
	return db_exec(s->db,
		       "UPDATE vh_lanes SET next_at = UTC_TIMESTAMP(3) "
		       "WHERE hook_id = ? AND owner = ?",
		       DB_ARGS(db_uint(lane), db_text(owner)));
}

enum err store_lane_blame(struct store *s, const char *owner)
{
	return db_exec(s->db,
		       "UPDATE vh_lanes SET next_at = UTC_TIMESTAMP(3), "
		       "owner = CONCAT(owner, '" STORE_LANE_CRASHED "') "
		       "WHERE owner = ?",
		       DB_ARGS(db_text(owner)));
}

/* A lane whose row somebody has locked keeps its lease to its end, and so does
 * one that is not reached in time. */
static enum err bury_each(struct store *s, struct arena *arena,
			  const char *owner, size_t *count)
{
	int64_t end = clock_monotonic() + BURY_MS;
	struct db_stmt *q;
	uint64_t *lanes;
	size_t n = 0;
	enum err e =
		db_query(s->db, "SELECT hook_id FROM vh_lanes WHERE owner = ?",
			 DB_ARGS(db_text(owner)), &q);

	if (e)
		return e;
	lanes = arena_alloc(arena, (db_rows(q) + 1) * sizeof(*lanes));
	while (db_next(q))
		lanes[n++] = db_col_uint(q, 0);
	db_hasty(s->db, true);
	for (size_t i = 0; !e && i < n && clock_monotonic() < end; i++) {
		e = bury_lane(s, owner, lanes[i]);
		if (!e)
			*count += db_affected(s->db);
		else if (e == ERR_TEMP && db_locked(s->db))
			e = ERR_OK;
	}
	db_hasty(s->db, false);
	return e;
}

static enum err bury_owner(struct store *s, struct arena *arena,
			   const char *owner, size_t *count)
{
	enum err e = db_exec(s->db,
			     "UPDATE vh_lanes SET next_at = UTC_TIMESTAMP(3) "
			     "WHERE owner = ?",
			     DB_ARGS(db_text(owner)));

	if (e == ERR_TEMP && db_locked(s->db))
		return bury_each(s, arena, owner, count);
	if (!e)
		*count += db_affected(s->db);
	return e;
}

enum err store_lane_bury(struct store *s, const char *prefix,
			 bool (*alive)(void *arg, const char *owner), void *arg,
			 size_t *freed)
{
	struct arena arena;
	const char **dead;
	size_t n, count = 0;
	enum err e;

	arena_init(&arena);
	e = find_dead(s, &arena, prefix, alive, arg, &dead, &n);
	for (size_t i = 0; !e && i < n; i++)
		e = bury_owner(s, &arena, dead[i], &count);
	arena_release(&arena);
	if (!e)
		*freed = count;
	return e;
}
