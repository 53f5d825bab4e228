/* SPDX-License-Identifier: MIT */
/*
 * tally: counts by hook and minute in a small hash table, and the counters of
 * the whole installation.
 */
#include "deliver/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "deliver/lane.h"
#include "deliver/parcel.h"
#include "rules/outcome.h"
#include "store/store_counter.h"

_Static_assert(TALLY_ROWS <= UINT16_MAX, "a slot holds a row's number");

struct tally *tally_new(void)
{
	return xcalloc(1, sizeof(struct tally));
}

void tally_clear(struct tally *t)
{
	memset(t->row, 0, t->count * sizeof(t->row[0]));
	memset(t->slot, 0, sizeof(t->slot));
	memset(t->outcome, 0, sizeof(t->outcome));
	t->request_us = t->latency_us = 0;
	t->count = 0;
	t->last_hook = 0;
}

/* ---- counting ---- */

/* The last bytes of an organization's id are random. */
static size_t hash(const struct id *organization, uint64_t hook, int64_t minute)
{
	uint64_t h;

	memcpy(&h, &organization->b[ID_SIZE - sizeof(h)], sizeof(h));
	h ^= (hook << 20) ^ (uint64_t)(minute / STORE_MINUTE_MS);
	return (size_t)((h * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
}

static struct store_stats *tally_find(struct tally *t,
				      const struct id *organization,
				      uint64_t hook, int64_t minute)
{
	size_t mask = sizeof(t->slot) / sizeof(t->slot[0]) - 1;
	size_t i = hash(organization, hook, minute) & mask;
	struct store_stats_row *r;

	for (; t->slot[i]; i = (i + 1) & mask) {
		r = &t->row[t->slot[i] - 1];
		if (r->hook == hook && r->minute == minute &&
		    id_equal(&r->organization, organization))
			return &r->n;
	}
	r = &t->row[t->count++];
	t->slot[i] = (uint16_t)t->count;
	r->organization = *organization;
	r->hook = hook;
	r->minute = minute;
	return &r->n;
}

static size_t tally_outcome_of(const struct parcel *p)
{
	const struct attempt *a = &p->request.attempt;

	if (p->outcome.verdict == OUTCOME_DELIVERED)
		return TALLY_DELIVERED;
	if (a->error != ATTEMPT_NONE)
		return a->error;
	return TALLY_CLASS + (a->status < 600 ? a->status / 100 : 0);
}

/* Finds the rows of the hook and of its organization; false: there is no room,
 * because tally_is_due() was ignored. */
static bool look_up(struct tally *t, const struct store_lane_hook *hook,
		    int64_t minute)
{
	if (t->last_hook == hook->hook && t->last_minute == minute)
		return true;
	if (t->count + 2 > TALLY_ROWS)
		return false;
	if (!t->count)
		t->since = clock_monotonic();
	t->last[0] = tally_find(t, &hook->organization, hook->hook, minute);
	t->last[1] = tally_find(t, &hook->organization, 0, minute);
	t->last_hook = hook->hook;
	t->last_minute = minute;
	return true;
}

/* The latency of a redelivery long after publishing would mean nothing: only
 * deliveries that were never finished before have one. */
static void count_latency(struct tally *t, const struct parcel_member *m,
			  int64_t ended)
{
	int64_t us = (ended - m->accepted_at) * 1000;
	size_t bucket = histogram_bucket(us);

	if (m->attempts != m->tries)
		return;
	t->latency_us += us > 0 ? (uint64_t)us : 0;
	for (size_t i = 0; i < 2; i++)
		t->last[i]->latency.n[bucket]++;
}

static void tally_count(struct store_stats *n, const struct parcel *p,
			size_t bucket)
{
	n->request.n[bucket]++;
	n->attempts += p->count;
	if (p->outcome.verdict == OUTCOME_DELIVERED)
		n->delivered += p->count;
	else
		n->failed_attempts += p->count;
	if (p->outcome.verdict == OUTCOME_FAILED)
		n->failed += p->count;
}

void tally_parcel(struct tally *t, const struct parcel *p, int64_t now,
		  int64_t ended)
{
	int64_t us = p->request.attempt.total_us;
	size_t bucket = histogram_bucket(us);

	if (!look_up(t, &p->lane->facts.hook, now - now % STORE_MINUTE_MS))
		return;
	for (size_t i = 0; i < 2; i++)
		tally_count(t->last[i], p, bucket);
	if (p->outcome.verdict == OUTCOME_DELIVERED)
		for (size_t i = 0; i < p->count; i++)
			count_latency(t, &p->member[i], ended);
	t->request_us += (uint64_t)us;
	t->outcome[tally_outcome_of(p)] += p->count;
}

/* ---- writing ---- */

bool tally_is_due(const struct tally *t, int64_t monotonic_ms)
{
	return t->count && (monotonic_ms - t->since >= TALLY_WRITE_MS ||
			    t->count + TALLY_ROUND > TALLY_ROWS);
}

const char *tally_outcome_name(size_t outcome)
{
	static const char *const classes[TALLY_OUTCOMES - TALLY_CLASS] = {
		"other", "1xx", "2xx", "3xx", "4xx", "5xx"};

	if (outcome == TALLY_DELIVERED)
		return "delivered";
	if (outcome < TALLY_CLASS)
		return attempt_error_code((enum attempt_error)outcome);
	return classes[outcome - TALLY_CLASS];
}

void tally_bucket_name(char out[TALLY_BUCKET_SIZE], size_t bucket)
{
	snprintf(out, TALLY_BUCKET_SIZE, "%02zu", bucket % 100);
}

struct writer {
	struct store_counter list[TALLY_OUTCOMES + 2 * HISTOGRAM_BUCKETS + 4];
	char label[2 * HISTOGRAM_BUCKETS][TALLY_BUCKET_SIZE];
	size_t n, labels;
};

static void tally_put(struct writer *w, const char *family, const char *label,
		      uint64_t value)
{
	if (value)
		w->list[w->n++] = (struct store_counter){family, label, value};
}

static void tally_put_histogram(struct writer *w, const char *family,
				const struct histogram *h, uint64_t sum_us)
{
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		char *label = w->label[w->labels++];

		tally_bucket_name(label, i);
		tally_put(w, family, label, h->n[i]);
	}
	tally_put(w, family, TALLY_SUM, sum_us);
}

static void sum_up(const struct tally *t, struct store_stats *all)
{
	for (size_t i = 0; i < t->count; i++)
		if (!t->row[i].hook)
			store_stats_merge(all, &t->row[i].n);
}

/* Always in this order, see store_counter_add(). */
static enum err write_counters(const struct tally *t, struct store *s)
{
	struct store_stats all = {0};
	struct writer w = {.n = 0};

	sum_up(t, &all);
	for (size_t i = 0; i < TALLY_OUTCOMES; i++)
		tally_put(&w, "attempts", tally_outcome_name(i), t->outcome[i]);
	tally_put(&w, "deliveries", "delivered", all.delivered);
	tally_put(&w, "deliveries", "failed", all.failed);
	tally_put_histogram(&w, "latency", &all.latency, t->latency_us);
	tally_put_histogram(&w, "request", &all.request, t->request_us);
	return store_counter_add(s, w.list, w.n);
}

enum err tally_write(const struct tally *t, struct store *s)
{
	enum err e = store_stats_add(s, t->row, t->count);

	return e ? e : write_counters(t, s);
}
