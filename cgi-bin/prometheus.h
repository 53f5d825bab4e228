/* SPDX-License-Identifier: MIT */
/*
 * prometheus: Prometheus's text format, version 0.0.4: the lines of a family
 * of metrics.
 */
#ifndef HOOKS_PROMETHEUS_H
#define HOOKS_PROMETHEUS_H

#include <stdint.h>

#include "base/buf.h"
#include "rules/histogram.h"

#define PROMETHEUS_TYPE "text/plain; version=0.0.4; charset=utf-8"
/* In front of every name. */
#define PROMETHEUS_PREFIX "vyte_hooks_"

/* Called once for each family, before its samples. `type`: counter, gauge,
 * histogram. */
void prometheus_family(struct buf *out, const char *name, const char *type,
		       const char *help);

/* A label with its value; the name ends a list. */
struct prometheus_label {
	const char *name, *value;
};

/* `labels` ends with a NULL name; NULL for none. */
void prometheus_sample(struct buf *out, const char *name,
		       const struct prometheus_label *labels, double value);
/* A family with one sample and no label. */
void prometheus_gauge(struct buf *out, const char *name, const char *help,
		      double value);
/* A whole family, in seconds. */
void prometheus_histogram(struct buf *out, const char *name, const char *help,
			  const struct histogram *h, uint64_t sum_us);

#endif
