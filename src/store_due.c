/*
 * store_due: counts that stop.
 */
#include "store_due.h"

#include "store.h"

static enum err count(struct store *s, const char *sql, const struct id *org,
		      uint64_t max, uint64_t *n)
{
	struct db_stmt *q;
	enum err e =
		db_query(s->db, sql,
			 DB_ARGS(db_bytes(org->b, ID_SIZE), db_uint(max)), &q);

	if (e)
		return e;
	*n = 0;
	while (db_next(q))
		*n = db_col_uint(q, 0);
	return ERR_OK;
}

enum err store_due_count(struct store *s, const struct id *organization,
			 uint64_t max, uint64_t *n)
{
	return count(s,
		     "SELECT COUNT(*) FROM (SELECT STRAIGHT_JOIN 1 "
		     "FROM hooks h FORCE INDEX (organization) "
		     "JOIN deliveries d FORCE INDEX (lane) ON d.lane = h.id "
		     "WHERE h.organization = ? AND h.deleted_at IS NULL AND "
		     "h.enabled = 1 LIMIT ?) w",
		     organization, max, n);
}

enum err store_due_queued(struct store *s, const struct id *organization,
			  uint64_t max, uint64_t *n)
{
	return count(s,
		     "SELECT COUNT(*) FROM (SELECT 1 FROM notifications "
		     "FORCE INDEX (state) WHERE state = 'queued' AND "
		     "organization = ? LIMIT ?) w",
		     organization, max, n);
}
