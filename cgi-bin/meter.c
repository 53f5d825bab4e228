/* SPDX-License-Identifier: MIT */
/*
 * meter: a short list, searched from the front. Its labels are
 * "METHOD route status".
 */
#include "meter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/store_counter.h"

enum { LABEL_SIZE = 128 };

/* Text from outside must not create an unlimited number of labels. */
static const char *known_method(const char *method)
{
	static const char *const known[] = {"GET",    "HEAD",	 "POST", "PUT",
					    "DELETE", "OPTIONS", "PATCH"};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(method, known[i]) == 0)
			return known[i];
	return "other";
}

/* A full meter is due; until it is written, new labels are not counted. */
void meter_add(struct meter *m, const char *method, const char *route,
	       unsigned status)
{
	struct meter_count *c = m->count;

	method = known_method(method);
	route = route ? route : "other";
	for (size_t i = 0; i < m->used; i++, c++) {
		if (c->method == method && c->route == route &&
		    c->status == status) {
			c->n++;
			return;
		}
	}
	if (m->used == METER_MAX)
		return;
	if (!m->used)
		m->since = clock_monotonic();
	m->used++;
	*c = (struct meter_count){method, route, status, 1};
}

bool meter_is_due(const struct meter *m, int64_t monotonic_ms)
{
	return m->used && (monotonic_ms - m->since >= METER_WRITE_MS ||
			   m->used == METER_MAX);
}

static int compare_labels(const void *a, const void *b)
{
	const struct store_counter *x = a, *y = b;

	return strcmp(x->label, y->label);
}

enum err meter_write(struct meter *m, struct store *s)
{
	struct store_counter list[METER_MAX];
	char label[METER_MAX][LABEL_SIZE];
	enum err e;

	if (!m->used)
		return ERR_OK;
	for (size_t i = 0; i < m->used; i++) {
		const struct meter_count *c = &m->count[i];

		snprintf(label[i], LABEL_SIZE, "%s %s %u", c->method, c->route,
			 c->status);
		list[i] = (struct store_counter){"requests", label[i], c->n};
	}
	qsort(list, m->used, sizeof(list[0]), compare_labels);
	e = store_counter_add(s, list, m->used);
	if (e)
		m->since = clock_monotonic(); /* no retry at once */
	else
		m->used = 0;
	return e;
}
