/*
 * store_stats: INSERTs into `stats`.
 */
#include "store_stats.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "store.h"

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

#define BUCKETS(X)                                                             \
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12)    \
	X(13) X(14) X(15) X(16) X(17) X(18) X(19) X(20) X(21)
#define NAMES(i) ", request_" #i ", latency_" #i
#define MARKS(i) ",?,?"
#define SUM(name) name " = " name " + VALUES(" name ")"
#define SUMS(i) ", " SUM("request_" #i) ", " SUM("latency_" #i)
#define ONE(i) +1
_Static_assert(BUCKETS(ONE) == HISTOGRAM_BUCKETS, "a column each");

static const char upsert_rows[] =
	"INSERT INTO stats (organization, hook_id, step, start_at, "
	"delivered, failed, attempts, failed_attempts" BUCKETS(NAMES) ") "
	"VALUES {(?,?,?,?,?,?,?,?" BUCKETS(MARKS) ")} "
	"ON DUPLICATE KEY UPDATE " SUM("delivered") ", " SUM("failed") ", "
	SUM("attempts") ", " SUM("failed_attempts") BUCKETS(SUMS);

enum { COLUMNS = 8 + 2 * HISTOGRAM_BUCKETS };

static int compare(const void *a, const void *b)
{
	const struct store_stats_row *x = a, *y = b;
	int order = memcmp(x->organization.b, y->organization.b, ID_SIZE);

	if (order)
		return order;
	if (x->hook != y->hook)
		return x->hook < y->hook ? -1 : 1;
	return (x->minute > y->minute) - (x->minute < y->minute);
}

static struct db_value *put(struct db_value *at,
			    const struct store_stats_row *r,
			    enum store_step step)
{
	int64_t length = step * STORE_MINUTE_MS;

	*at++ = db_bytes(r->organization.b, ID_SIZE);
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

	qsort(sorted, n, sizeof(*sorted), compare);
	for (size_t i = 0; i < n; i++)
		at = put(at, &sorted[i], STORE_MINUTE);
	for (size_t i = 0; i < n; i++)
		at = put(at, &sorted[i], STORE_HOUR);
	e = db_exec_rows(s->db, upsert_rows, v, 2 * n, COLUMNS);
	free(v);
	free(sorted);
	return e;
}
