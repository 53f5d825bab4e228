/* SPDX-License-Identifier: MIT */
/*
 * histogram: how many of many times were how long, in buckets of fixed
 * bounds, so that histograms of different minutes, hooks and machines can be
 * added up; and the quantiles that can be read out of that. Pure.
 */
#ifndef HOOKS_HISTOGRAM_H
#define HOOKS_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

/* The last bucket is for what is longer than every bound. The table `stats`
 * has a column for each: with other bounds what is stored would lie. */
enum { HISTOGRAM_BUCKETS = 22, HISTOGRAM_BOUNDS = HISTOGRAM_BUCKETS - 1 };

struct histogram {
	uint64_t n[HISTOGRAM_BUCKETS];
};

/* The most that bucket `i` holds, microseconds; i < HISTOGRAM_BOUNDS. */
int64_t histogram_bound(size_t i);
/* Which bucket a time is in; a negative one counts as 0. */
size_t histogram_bucket(int64_t us);

/* Adds all of `from`. */
void histogram_merge(struct histogram *to, const struct histogram *from);
uint64_t histogram_count(const struct histogram *h);

/*
 * The time in milliseconds that a share `q` (0 to 1) of all did not exceed,
 * taken as spread evenly over their bucket; what is longer than every bound
 * counts as long as the last one. Negative when the histogram is empty.
 */
double histogram_quantile(const struct histogram *h, double q);

#endif
