/* SPDX-License-Identifier: MIT */
/*
 * stats_range: the two parameters, and their defaults.
 */
#include "stats_range.h"

#include "base/text.h"
#include "call.h"
#include "store/store_stats.h"

#define MINUTE STORE_MINUTE_MS
#define HOUR STORE_HOUR_MS
#define DAY (24 * HOUR)

static enum err refuse_range(struct call *c, const char *why)
{
	response_problem(c->response, 400, "%s", why);
	return ERR_INVALID;
}

static int64_t floor_to(int64_t at, int64_t step)
{
	int64_t rest = at % step;

	return at - (rest < 0 ? rest + step : rest);
}

/* The number fits into size_t: dates end with the year 9999. */
static int64_t count_points(int64_t since, int64_t step, int64_t now)
{
	return (floor_to(now, step) - floor_to(since, step)) / step + 1;
}

static bool minutes_are_there(int64_t since, int64_t now)
{
	return since >= now - STORE_MINUTES_MS;
}

/* The shortest of some usual steps that fits. */
static int64_t choose_step(int64_t since, int64_t now)
{
	static const int64_t steps[] = {
		MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE,
		HOUR,	3 * HOUR,   6 * HOUR,	12 * HOUR,   DAY,
	};
	size_t i = 0;

	while (steps[i] < DAY &&
	       (count_points(since, steps[i], now) > STATS_POINTS_USUAL ||
		(steps[i] < HOUR && !minutes_are_there(since, now))))
		i++;
	return steps[i];
}

static enum err read_begin(struct call *c, int64_t now, int64_t *out)
{
	const char *text = request_param(c->request, "since");

	*out = now - DAY;
	if (text && !text_time_parse(text, out))
		return refuse_range(c, "since must be a time such as "
				       "2021-05-27T08:03:53.775Z.");
	return ERR_OK;
}

static enum err read_step(struct call *c, int64_t since, int64_t now,
			  int64_t *out)
{
	const char *text = request_param(c->request, "step");

	*out = choose_step(since, now);
	if (!text)
		return ERR_OK;
	if (!text_duration(text, out) || *out < MINUTE || *out > DAY ||
	    *out % MINUTE)
		return refuse_range(
			c, "step must be a number of whole minutes such as "
			   "5m, from 1m to 1d.");
	if (*out % HOUR && !minutes_are_there(since, now))
		return refuse_range(
			c, "Counts of more than two days ago are kept "
			   "by the hour only: step must be whole hours, "
			   "or since later.");
	return ERR_OK;
}

enum err stats_range_read(struct call *c, int64_t now, struct stats_range *out)
{
	int64_t since, step, points;
	enum err e = read_begin(c, now, &since);

	if (!e)
		e = read_step(c, since, now, &step);
	if (e)
		return e;
	points = count_points(since, step, now);
	if (points < 1)
		return refuse_range(c, "since is in the future.");
	if (points > STATS_POINTS_MAX) {
		response_problem(c->response, 400,
				 "That would be %lld points, and there are at "
				 "most %d: choose a longer step, or a later "
				 "since.",
				 (long long)points, STATS_POINTS_MAX);
		return ERR_INVALID;
	}
	*out = (struct stats_range){.since = floor_to(since, step),
				    .step = step,
				    .points = (size_t)points};
	return ERR_OK;
}
