/* SPDX-License-Identifier: MIT */
/*
 * store_stats: the table `vh_stats`.
 */
#include "store/store_stats.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/store.h"
#include "store/store_col.h"

void store_stats_merge(struct store_stats *to, const struct store_stats *from)
{
	to->delivered += from->delivered;
	to->failed += from->failed;
	to->attempts += from->attempts;
	to->failed_attempts += from->failed_attempts;
	histogram_merge(&to->request, &from->request);
	histogram_merge(&to->latency, &from->latency);
}

/* ---- adding ---- */

/* clang-format off */
#define BUCKETS(X) \
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) \
	X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) \
	X(16) X(17) X(18) X(19) X(20) X(21)
/* clang-format on */
#define NAMES(i) ", request_" #i ", latency_" #i
#define MARKS(i) ",?,?"
#define SUM(name) name " = " name " + VALUES(" name ")"
#define SUMS(i) ", " SUM("request_" #i) ", " SUM("latency_" #i)
#define ONE(i) +1
_Static_assert(BUCKETS(ONE) == HISTOGRAM_BUCKETS, "a column each");

static const char upsert_rows[] =
	"INSERT INTO vh_stats (organization, hook_id, step, start_at, "
	"delivered, failed, attempts, failed_attempts" BUCKETS(
		NAMES) ") "
		       "VALUES {(?,?,?,?,?,?,?,?" BUCKETS(
			       MARKS) ")} "
				      "ON DUPLICATE KEY UPDATE " SUM(
					      "d"
					      "e"
					      "l"
					      "i"
					      "v"
					      "e"
					      "r"
					      "e"
					      "d") ", " SUM("failed") ", " SUM("attem"
									       "pts") ", " SUM("failed_attempts")
					      BUCKETS(SUMS);

enum { COLUMNS = 8 + 2 * HISTOGRAM_BUCKETS };

static int compare_stats(const void *a, const void *b)
{
	const struct store_stats_row *x = a, *y = b;
	int order = memcmp(x->organization.b, y->organization.b, ID_SIZE);

	if (order)
		return order;
	if (x->hook != y->hook)
		return x->hook < y->hook ? -1 : 1;
	return (x->minute > y->minute) - (x->minute < y->minute);
}

static struct db_value *put_stats_row(struct db_value *at,
				      const struct store_stats_row *r,
				      enum store_step step)
{
	int64_t length = step * STORE_MINUTE_MS;

	*at++ = store_col_of(&r->organization);
	*at++ = db_uint(r->hook);
	*at++ = db_int(step);
	*at++ = db_time(r->minute - r->minute % length);
	*at++ = db_uint(r->n.delivered);
	*at++ = db_uint(r->n.failed);
	*at++ = db_uint(r->n.attempts);
	*at++ = db_uint(r->n.failed_attempts);
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		*at++ = db_uint(r->n.request.n[i]);
		*at++ = db_uint(r->n.latency.n[i]);
	}
	return at;
}

enum err store_stats_add(struct store *s, const struct store_stats_row *rows,
			 size_t n)
{
	struct store_stats_row *sorted = xmemdup(rows, n * sizeof(*rows));
	struct db_value *v = xmalloc((2 * n + 1) * COLUMNS * sizeof(*v));
	struct db_value *at = v;
	enum err e;

	qsort(sorted, n, sizeof(*sorted), compare_stats);
	for (size_t i = 0; i < n; i++)
		at = put_stats_row(at, &sorted[i], STORE_MINUTE);
	for (size_t i = 0; i < n; i++)
		at = put_stats_row(at, &sorted[i], STORE_HOUR);
	e = db_exec_rows(s->db, upsert_rows, v, 2 * n, COLUMNS);
	free(v);
	free(sorted);
	return e;
}

/* ---- reading ---- */

/* After the other columns, in the order of NAMES. */
static void add_stats_row(struct db_stmt *q, struct store_stats *to)
{
	unsigned col = 1;

	to->delivered += db_col_uint(q, col++);
	to->failed += db_col_uint(q, col++);
	to->attempts += db_col_uint(q, col++);
	to->failed_attempts += db_col_uint(q, col++);
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		to->request.n[i] += db_col_uint(q, col++);
		to->latency.n[i] += db_col_uint(q, col++);
	}
}

enum err store_stats_read(struct store *s, const struct id *organization,
			  uint64_t hook, int64_t since, int64_t step,
			  struct store_stats *points, size_t n)
{
	bool hours = step % STORE_HOUR_MS == 0;
	int64_t end = since + (int64_t)n * step;
	struct db_stmt *q;
	enum err e;

	e = db_query(
		s->db,
		"SELECT start_at, delivered, failed, attempts, "
		"failed_attempts" BUCKETS(
			NAMES) " FROM vh_stats "
			       "FORCE INDEX (PRIMARY) WHERE organization = ? "
			       "AND "
			       "hook_id = ? AND step = ? AND start_at >= ? AND "
			       "start_at < ?",
		DB_ARGS(store_col_of(organization), db_uint(hook),
			db_int(hours ? STORE_HOUR : STORE_MINUTE),
			db_time(since), db_time(end)),
		&q);
	while (!e && db_next(q))
		add_stats_row(q, &points[(db_col_time(q, 0) - since) / step]);
	return e;
}

/* ---- totals ---- */

static int compare_hooks(const void *a, const void *b)
{
	const struct store_stats_total *x = a, *y = b;

	return (x->hook > y->hook) - (x->hook < y->hook);
}

struct span {
	enum store_step step;
	int64_t since, until;
};

static enum err add_totals(struct store *s, const struct id *organization,
			   const struct span *span,
			   struct store_stats_total *list, size_t n)
{
	struct db_value keys[DB_LIST_MAX];
	struct db_stmt *q;
	enum err e;

	for (size_t i = 0; i < n; i++)
		keys[i] = db_uint(list[i].hook);
	e = db_query_list(
		s->db,
		"SELECT hook_id, CAST(SUM(delivered) AS SIGNED), "
		"CAST(SUM(failed) AS SIGNED), "
		"CAST(SUM(failed_attempts) AS SIGNED) FROM vh_stats "
		"FORCE INDEX (PRIMARY) WHERE organization = ? AND step = ? "
		"AND start_at >= ? AND start_at < ? AND hook_id IN ({?}) "
		"GROUP BY hook_id",
		DB_ARGS(store_col_of(organization), db_int(span->step),
			db_time(span->since), db_time(span->until)),
		keys, n, &q);
	while (!e && db_next(q)) {
		struct store_stats_total key = {.hook = db_col_uint(q, 0)}, *t;

		t = bsearch(&key, list, n, sizeof(*list), compare_hooks);
		if (!t)
			continue;
		t->delivered += db_col_uint(q, 1);
		t->failed += db_col_uint(q, 2);
		t->failed_attempts += db_col_uint(q, 3);
	}
	return e;
}

/* Whole hours, and before them the minutes of the first, incomplete one. */
enum err store_stats_totals(struct store *s, const struct id *organization,
			    int64_t since, struct store_stats_total *list,
			    size_t n)
{
	int64_t hour =
		(since + STORE_HOUR_MS - 1) / STORE_HOUR_MS * STORE_HOUR_MS;
	const struct span spans[] = {
		{STORE_MINUTE, since, hour},
		{STORE_HOUR, hour, INT64_MAX},
	};
	enum err e = ERR_OK;

	for (size_t i = 0; i < 2; i++)
		for (size_t at = 0; at < n && !e; at += DB_LIST_MAX)
			if (spans[i].since < spans[i].until)
				e = add_totals(
					s, organization, &spans[i], list + at,
					n - at < DB_LIST_MAX ? n - at
							     : DB_LIST_MAX);
	return e;
}
