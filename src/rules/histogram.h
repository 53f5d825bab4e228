/* SPDX-License-Identifier: MIT */
/*
 * histogram: counts of durations in buckets of fixed bounds, so that
 * histograms of different minutes, hooks and machines can be added up; and the
 * quantiles that can be read from the counts. Pure.
 */
#ifndef HOOKS_HISTOGRAM_H
#define HOOKS_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

/* The last bucket is for durations above every bound. The table `vh_stats` has
 * a column for each bucket: changed bounds would falsify the stored counts. */
enum { HISTOGRAM_BUCKETS = 22, HISTOGRAM_BOUNDS = HISTOGRAM_BUCKETS - 1 };

struct histogram {
	uint64_t n[HISTOGRAM_BUCKETS];
};

/* The longest duration in bucket `i`, in microseconds; i < HISTOGRAM_BOUNDS. */
int64_t histogram_bound(size_t i);
/* The bucket of a duration; a negative one counts as 0. */
size_t histogram_bucket(int64_t us);

/* Adds all of `from`. */
void histogram_merge(struct histogram *to, const struct histogram *from);
uint64_t histogram_count(const struct histogram *h);

/*
 * The duration in milliseconds that a share `q` (0 to 1) of all did not
 * exceed, with the durations spread evenly over their bucket; those above
 * every bound count as long as the last bound. Negative when the histogram is
 * empty.
 */
double histogram_quantile(const struct histogram *h, double q);

#endif
