/* SPDX-License-Identifier: MIT */
/*
 * prometheus: names, labels, values.
 */
#include "prometheus.h"

#include <stdio.h>

#define SECOND_US 1e6

void prometheus_family(struct buf *out, const char *name, const char *type,
		       const char *help)
{
	buf_printf(out, "# HELP " PROMETHEUS_PREFIX "%s %s\n", name, help);
	buf_printf(out, "# TYPE " PROMETHEUS_PREFIX "%s %s\n", name, type);
}

static void add_escaped(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '\n') {
			buf_puts(out, "\\n");
			continue;
		}
		if (*s == '"' || *s == '\\')
			buf_putc(out, '\\');
		buf_putc(out, *s);
	}
}

void prometheus_sample(struct buf *out, const char *name,
		       const struct prometheus_label *labels, double value)
{
	const char *before = "{";

	buf_printf(out, PROMETHEUS_PREFIX "%s", name);
	for (; labels && labels->name; labels++) {
		buf_printf(out, "%s%s=\"", before, labels->name);
		add_escaped(out, labels->value);
		buf_putc(out, '"');
		before = ",";
	}
	buf_printf(out, "%s %.15g\n", *before == ',' ? "}" : "", value);
}

void prometheus_gauge(struct buf *out, const char *name, const char *help,
		      double value)
{
	prometheus_family(out, name, "gauge", help);
	prometheus_sample(out, name, NULL, value);
}

/* A bucket counts everything up to its bound, including the buckets before. */
void prometheus_histogram(struct buf *out, const char *name, const char *help,
			  const struct histogram *h, uint64_t sum_us)
{
	char part[80], bound[32];
	uint64_t count = 0;

	prometheus_family(out, name, "histogram", help);
	snprintf(part, sizeof(part), "%s_bucket", name);
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		const struct prometheus_label le[] = {{"le", bound}, {0}};

		count += h->n[i];
		if (i < HISTOGRAM_BOUNDS)
			snprintf(bound, sizeof(bound), "%g",
				 (double)histogram_bound(i) / SECOND_US);
		else
			snprintf(bound, sizeof(bound), "+Inf");
		prometheus_sample(out, part, le, (double)count);
	}
	snprintf(part, sizeof(part), "%s_sum", name);
	prometheus_sample(out, part, NULL, (double)sum_us / SECOND_US);
	snprintf(part, sizeof(part), "%s_count", name);
	prometheus_sample(out, part, NULL, (double)count);
}
