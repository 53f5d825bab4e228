/* SPDX-License-Identifier: MIT */
/*
 * store_stored: rows of `vh_stored`.
 */
#include "store/store_stored.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/store.h"
#include "store/store_col.h"

/* A process writes earlier when it has this part of the limit: others do not
 * know of it before. */
enum { EARLY_PART = 256 };

/* A sum is believed until a sixteenth of the room is used up. */
static const struct headroom_rule rule = {.part = 16, .full_ms = 250};

/* ---- adding ---- */

void store_stored_add(struct store *s, const struct id *organization,
		      int64_t payloads, int64_t answers)
{
	int64_t sum = payloads + answers;

	if (!payloads && !answers)
		return;
	if (!s->stored.count)
		s->stored_since = clock_monotonic();
	if (!bytes_add(&s->stored, organization, payloads, answers)) {
		if (store_stored_write(s))
			s->stored.count = s->stored_sum = 0; /* lost */
		bytes_add(&s->stored, organization, payloads, answers);
	}
	headroom_added(&s->stored_room, organization, sum);
	if (sum > 0)
		s->stored_sum += (uint64_t)sum;
}

bool store_stored_is_due(const struct store *s, int64_t monotonic_ms)
{
	return s->stored.count &&
	       (monotonic_ms - s->stored_since >= STORE_STORED_WRITE_MS ||
		s->stored_sum >= s->conf->api.max_stored / EARLY_PART);
}

/* Processes of one organization write to different rows, mostly. */
static struct db_value own_part(void)
{
	return db_int(getpid() % STORE_STORED_PARTS);
}

enum err store_stored_write(struct store *s)
{
	enum { COLUMNS = 4 };
	struct db_value v[BYTES_ROWS * COLUMNS], *at = v;
	enum err e;

	for (size_t i = 0; i < s->stored.count; i++) {
		const struct bytes_row *r = &s->stored.row[i];

		*at++ = store_col_of(&r->organization);
		*at++ = own_part();
		*at++ = db_int(r->payloads);
		*at++ = db_int(r->answers);
	}
	e = db_exec_rows(s->db,
			 "INSERT INTO vh_stored (organization, part, payloads, "
			 "answers) VALUES {(?, ?, ?, ?)} "
			 "ON DUPLICATE KEY UPDATE "
			 "payloads = payloads + VALUES(payloads), "
			 "answers = answers + VALUES(answers)",
			 v, s->stored.count, COLUMNS);
	if (!e)
		s->stored.count = s->stored_sum = 0;
	return e;
}

/* ---- reading ---- */

/* Single rows may be below 0, and so may be the sum until the next recount. */
#define SUM(column)                                                            \
	"CAST(GREATEST(COALESCE(SUM(" column "), 0), 0) AS UNSIGNED)"

enum err store_stored_get(struct store *s, const struct id *organization,
			  struct store_stored *out)
{
	struct db_stmt *q;
	enum err e = db_query(
		s->db,
		"SELECT " SUM("payloads") ", " SUM(
			"answers") " FROM vh_stored WHERE organization = ? AND "
				   "part < ?",
		DB_ARGS(store_col_of(organization), db_int(STORE_STORED_PARTS)),
		&q);

	while (!e && db_next(q))
		*out = (struct store_stored){*organization, db_col_uint(q, 0),
					     db_col_uint(q, 1)};
	return e;
}

enum err store_stored_most(struct store *s, struct arena *arena, size_t max,
			   struct store_stored **list, size_t *count)
{
	struct store_stored *rows;
	struct db_stmt *q;
	size_t n = 0;
	enum err e =
		db_query(s->db,
			 "SELECT organization, " SUM("payloads") ", " SUM(
				 "answers") " FROM vh_stored WHERE part < ? "
					    "GROUP BY organization "
					    "ORDER BY SUM(payloads) + "
					    "SUM(answers) DESC LIMIT ?",
			 DB_ARGS(db_int(STORE_STORED_PARTS), db_uint(max)), &q);

	if (e)
		return e;
	rows = arena_alloc(arena, (db_rows(q) + 1) * sizeof(*rows));
	while (db_next(q)) {
		rows[n].organization = store_col_id(q, 0);
		rows[n].payloads = db_col_uint(q, 1);
		rows[n++].answers = db_col_uint(q, 2);
	}
	*list = rows;
	*count = n;
	return ERR_OK;
}

/* ---- the limit ---- */

enum err store_stored_room(struct store *s, const struct id *organization,
			   uint64_t want, uint64_t *room)
{
	uint64_t max = s->conf->api.max_stored, used;
	int64_t now = clock_monotonic(), own;
	struct store_stored stored = {.payloads = 0};
	enum err e;

	if (headroom_tells(&s->stored_room, organization, &rule, want, now,
			   room))
		return ERR_OK;
	e = store_stored_get(s, organization, &stored);
	if (e)
		return e;
	own = bytes_of(&s->stored, organization);
	used = stored.payloads + stored.answers;
	used = own >= 0 || (uint64_t)-own < used ? used + (uint64_t)own : 0;
	*room = used < max ? max - used : 0;
	headroom_keep(&s->stored_room, organization, *room, now);
	return ERR_OK;
}

bool store_stored_is_half(struct store *s, const struct id *organization)
{
	uint64_t room;

	return !store_stored_room(s, organization, 0, &room) &&
	       room <= s->conf->api.max_stored / 2;
}
