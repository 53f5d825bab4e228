/*
 * store_due: counts that stop at the limit.
 */
#include "store_due.h"

#include "clock.h"
#include "store.h"
#include "store_col.h"

enum { KEEP_MS = 5000 };

static const struct {
	uint64_t part;	 /* of the room may be used up on one count */
	int64_t full_ms; /* for so long "full" is believed */
} rules[] = {
	[STORE_DUE_PUBLISHER] = {16, 250},
	[STORE_DUE_FANOUT] = {1, 1000},
};

/* ---- counting ---- */

static const char count_due[] =
	"SELECT COUNT(*) FROM (SELECT STRAIGHT_JOIN 1 "
	"FROM hooks h FORCE INDEX (organization) "
	"JOIN deliveries d FORCE INDEX (lane) ON d.lane = h.id "
	"WHERE h.organization = ? AND h.deleted_at IS NULL AND "
	"h.enabled = 1 LIMIT ?) w";

static const char count_queued[] =
	"SELECT COUNT(*) FROM (SELECT 1 FROM notifications "
	"FORCE INDEX (state) WHERE state = 'queued' AND organization = ? "
	"LIMIT ?) w";

static enum err count(struct store *s, const char *sql, const struct id *org,
		      uint64_t *room)
{
	struct db_stmt *q;
	enum err e = db_query(s->db, sql,
			      DB_ARGS(store_col_of(org), db_uint(*room)), &q);

	while (!e && db_next(q))
		*room -= db_col_uint(q, 0);
	return e;
}

enum err store_due_count(struct store *s, const struct id *organization,
			 uint64_t *room)
{
	*room = s->conf->api.max_due;
	return count(s, count_due, organization, room);
}

/* ---- what is kept ---- */

static size_t find(const struct store_due *d, const struct id *org)
{
	size_t i = 0;

	while (i < STORE_DUE_KEPT &&
	       !(d->kept[i].at && id_equal(&d->kept[i].organization, org)))
		i++;
	return i;
}

static void keep(struct store_due *d, const struct id *org, uint64_t room)
{
	size_t i = find(d, org);

	if (i == STORE_DUE_KEPT) {
		i = d->next;
		d->next = (d->next + 1) % STORE_DUE_KEPT;
	}
	d->kept[i].organization = *org;
	d->kept[i].room = room;
	d->kept[i].added = 0;
	d->kept[i].at = clock_monotonic();
}

/* Whether the last count still tells. */
static bool is_known(const struct store_due *d, const struct id *org,
		     enum store_due_who who, uint64_t want, uint64_t *room)
{
	size_t i = find(d, org);
	uint64_t usable, added;
	int64_t age;

	if (i == STORE_DUE_KEPT)
		return false;
	age = clock_monotonic() - d->kept[i].at;
	added = d->kept[i].added;
	usable = d->kept[i].room / rules[who].part;
	*room = d->kept[i].room > added ? d->kept[i].room - added : 0;
	if (!*room)
		return age < rules[who].full_ms;
	return age < KEEP_MS && added + want <= usable;
}

enum err store_due_room(struct store *s, const struct id *organization,
			enum store_due_who who, uint64_t want, uint64_t *room)
{
	enum err e;

	if (is_known(&s->due, organization, who, want, room))
		return ERR_OK;
	e = store_due_count(s, organization, room);
	if (!e && *room && who == STORE_DUE_PUBLISHER)
		e = count(s, count_queued, organization, room);
	if (!e)
		keep(&s->due, organization, *room);
	return e;
}

void store_due_added(struct store *s, const struct id *organization, uint64_t n)
{
	size_t i = find(&s->due, organization);

	if (i < STORE_DUE_KEPT)
		s->due.kept[i].added += n;
}
