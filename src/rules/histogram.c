/* SPDX-License-Identifier: MIT */
/*
 * histogram: bounds from a millisecond to the end of the longest schedule.
 */
#include "rules/histogram.h"

#define MS INT64_C(1000)
#define SECOND (1000 * MS)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static const int64_t bounds[HISTOGRAM_BOUNDS] = {
	1 * MS,	    2 * MS,	 5 * MS,      10 * MS,	   20 * MS,
	50 * MS,    100 * MS,	 200 * MS,    500 * MS,	   1 * SECOND,
	2 * SECOND, 5 * SECOND,	 10 * SECOND, 20 * SECOND, 1 * MINUTE,
	5 * MINUTE, 30 * MINUTE, 3 * HOUR,    12 * HOUR,   1 * DAY,
	4 * DAY,
};

int64_t histogram_bound(size_t i)
{
	return bounds[i];
}

size_t histogram_bucket(int64_t us)
{
	size_t i = 0;

	while (i < HISTOGRAM_BOUNDS && us > bounds[i])
		i++;
	return i;
}

void histogram_merge(struct histogram *to, const struct histogram *from)
{
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		to->n[i] += from->n[i];
}

uint64_t histogram_count(const struct histogram *h)
{
	uint64_t count = 0;

	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		count += h->n[i];
	return count;
}

/* `rank` of the `n` durations in bucket `i` lie below the answer. */
static double interpolate(size_t i, double rank, uint64_t n)
{
	double lo = i ? (double)bounds[i - 1] : 0;
	double hi = i < HISTOGRAM_BOUNDS ? (double)bounds[i] : lo;

	return (lo + (hi - lo) * rank / (double)n) / MS;
}

double histogram_quantile(const struct histogram *h, double q)
{
	double rank = q * (double)histogram_count(h);
	size_t last = 0;

	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		if (h->n[i])
			last = i;
	if (!h->n[last])
		return -1;
	for (size_t i = 0; i < last; i++) {
		if (h->n[i] && rank <= (double)h->n[i])
			return interpolate(i, rank, h->n[i]);
		rank -= (double)h->n[i];
	}
	return interpolate(last, rank, h->n[last]);
}
