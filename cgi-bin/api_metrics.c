/* SPDX-License-Identifier: MIT */
/*
 * api_metrics: GET /metrics: figures of the whole installation, for Prometheus.
 * None of them names an organization, a hook or a target.
 */
#include <string.h>

#include "api.h"
#include "base/text.h"
#include "call.h"
#include "deliver/tally.h"
#include "meter.h"
#include "prometheus.h"
#include "store/store_counter.h"
#include "store/store_sender.h"
#include "store/store_status.h"

struct metrics {
	struct store_status status;
	struct store_sender *senders;
	struct store_counter *counters;
	size_t sender_count, counter_count;
	int64_t now;
};

static enum err read_metrics(struct call *c, struct metrics *m)
{
	enum err e;

	/* The counts of this process itself should not be missing. */
	(void)meter_write(c->meter, c->store);
	e = store_status_read(c->store, &m->status);
	m->now = c->store->now;
	if (!e)
		e = store_sender_list(c->store, c->arena, &m->senders,
				      &m->sender_count);
	return e ? e
		 : store_counter_read(c->store, c->arena, &m->counters,
				      &m->counter_count);
}

/* ---- the queue ---- */

static const struct {
	const char *name, *help;
	size_t at;
} gauges[] = {
	{"deliveries_due",
	 "Deliveries that are due, including those in flight.",
	 offsetof(struct store_status, due)},
	{"deliveries_waiting",
	 "Deliveries that will be due later, such as retries.",
	 offsetof(struct store_status, waiting)},
	{"deliveries_held", "Deliveries that wait until somebody acts.",
	 offsetof(struct store_status, held)},
	{"deliveries_in_flight", "Deliveries that are being sent.",
	 offsetof(struct store_status, in_flight)},
	{"deliveries_failed", "Deliveries that failed for good and are kept.",
	 offsetof(struct store_status, failed)},
	{"notifications_queued",
	 "Notifications not yet turned into deliveries.",
	 offsetof(struct store_status, queued)},
	{"notifications_scheduled",
	 "Notifications whose time has not come, or that wait for room.",
	 offsetof(struct store_status, scheduled)},
	{"notifications_cancelled",
	 "Notifications that were cancelled while they were scheduled, and are "
	 "kept.",
	 offsetof(struct store_status, cancelled)},
	{"notifications_replaced",
	 "Notifications that were replaced while they were scheduled, and are "
	 "kept.",
	 offsetof(struct store_status, replaced)},
	{"notifications_rejected",
	 "Notifications that were rejected and are kept.",
	 offsetof(struct store_status, rejected)},
};

static void put_queue(struct buf *out, const struct store_status *s)
{
	for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++) {
		const char *at = (const char *)s + gauges[i].at;

		prometheus_gauge(out, gauges[i].name, gauges[i].help,
				 (double)*(const uint64_t *)(const void *)at);
	}
	prometheus_gauge(out, "oldest_due_age_seconds",
			 "How long the oldest due delivery or queued "
			 "notification has been due.",
			 (double)s->oldest_due / 1000);
}

/* ---- counters ---- */

static uint64_t counter(const struct metrics *m, const char *family,
			const char *label)
{
	for (size_t i = 0; i < m->counter_count; i++)
		if (strcmp(m->counters[i].family, family) == 0 &&
		    strcmp(m->counters[i].label, label) == 0)
			return m->counters[i].value;
	return 0;
}

/* Outcomes that never occurred are written too, so that rate() has a start. */
static void put_attempts(struct buf *out, const struct metrics *m)
{
	prometheus_family(out, "attempts_total", "counter",
			  "Attempts to deliver, by result.");
	for (size_t i = 0; i < TALLY_OUTCOMES; i++) {
		const char *name = tally_outcome_name(i);
		const struct prometheus_label labels[] = {{"outcome", name},
							  {0}};

		prometheus_sample(out, "attempts_total", labels,
				  (double)counter(m, "attempts", name));
	}
}

static void put_finished(struct buf *out, const struct metrics *m)
{
	static const char *const states[] = {"delivered", "failed"};

	prometheus_family(out, "deliveries_finished_total", "counter",
			  "Deliveries that ended, by state.");
	for (size_t i = 0; i < 2; i++) {
		const struct prometheus_label labels[] = {{"state", states[i]},
							  {0}};

		prometheus_sample(out, "deliveries_finished_total", labels,
				  (double)counter(m, "deliveries", states[i]));
	}
}

static void put_histogram(struct buf *out, const struct metrics *m,
			  const char *family, const char *name,
			  const char *help)
{
	struct histogram h;

	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		char label[TALLY_BUCKET_SIZE];

		tally_bucket_name(label, i);
		h.n[i] = counter(m, family, label);
	}
	prometheus_histogram(out, name, help, &h,
			     counter(m, family, TALLY_SUM));
}

/* "METHOD route status", see meter.c. */
static void put_request(struct buf *out, struct arena *arena,
			const struct store_counter *c)
{
	char *method = arena_strdup(arena, c->label);
	char *route = strchr(method, ' ');
	char *status = strrchr(method, ' ');

	if (!route || route == status)
		return;
	*route++ = *status++ = '\0';
	prometheus_sample(out, "http_requests_total",
			  (const struct prometheus_label[]){{"method", method},
							    {"route", route},
							    {"status", status},
							    {0}},
			  (double)c->value);
}

static void put_requests(struct buf *out, struct arena *arena,
			 const struct metrics *m)
{
	prometheus_family(out, "http_requests_total", "counter",
			  "Requests to the API.");
	for (size_t i = 0; i < m->counter_count; i++)
		if (strcmp(m->counters[i].family, "requests") == 0)
			put_request(out, arena, &m->counters[i]);
}

/* ---- senders ---- */

static const struct {
	const char *name, *help;
	size_t at;
} moments[] = {
	{"sender_last_run_start_timestamp_seconds",
	 "When the last run of the sender on a machine began.",
	 offsetof(struct store_sender, started_at)},
	{"sender_last_run_seen_timestamp_seconds",
	 "The last sign of life of that run.",
	 offsetof(struct store_sender, seen_at)},
	{"sender_last_run_end_timestamp_seconds",
	 "When that run ended; missing while it runs.",
	 offsetof(struct store_sender, ended_at)},
};

static void put_moment(struct buf *out, size_t i, const struct store_sender *s)
{
	const struct prometheus_label host[] = {{"host", s->host}, {0}};
	const char *at = (const char *)s + moments[i].at;
	int64_t ms = *(const int64_t *)(const void *)at;

	if (ms != TIME_NONE)
		prometheus_sample(out, moments[i].name, host,
				  (double)ms / 1000);
}

static void put_senders(struct buf *out, const struct metrics *m)
{
	prometheus_gauge(out, "sender_alive",
			 "Whether a sender gave a sign of life within two "
			 "minutes.",
			 m->sender_count &&
				 store_sender_alive(m->senders, m->now));
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		prometheus_family(out, moments[i].name, "gauge",
				  moments[i].help);
		for (size_t j = 0; j < m->sender_count; j++)
			put_moment(out, i, &m->senders[j]);
	}
}

static void put_build(struct buf *out)
{
	static const struct prometheus_label labels[] = {
		{"version", PACKAGE_VERSION_TEXT}, {0}};

	prometheus_family(out, "build_info", "gauge", "Always 1.");
	prometheus_sample(out, "build_info", labels, 1);
}

enum err api_metrics(struct call *c)
{
	struct buf *out = &c->response->body;
	struct metrics m = {.now = 0};
	enum err e = read_metrics(c, &m);

	if (e)
		return e;
	put_build(out);
	put_queue(out, &m.status);
	put_attempts(out, &m);
	put_finished(out, &m);
	put_histogram(out, &m, "latency", "delivery_latency_seconds",
		      "Time from publishing to delivery.");
	put_histogram(out, &m, "request", "attempt_duration_seconds",
		      "Duration of requests to receivers.");
	put_requests(out, c->arena, &m);
	put_senders(out, &m);
	c->response->status = 200;
	c->response->type = PROMETHEUS_TYPE;
	return ERR_OK;
}
