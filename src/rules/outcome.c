/* SPDX-License-Identifier: MIT */
/*
 * outcome: facts in, decision out.
 */
#include "rules/outcome.h"

#include "outside/attempt.h"
#include "rules/retry.h"

enum {
	GONE = 410,
	TOO_MANY = 429,
	BAD_GATEWAY = 502,
	UNAVAILABLE = 503,
	GATEWAY_TIMEOUT = 504
};

static bool is_2xx(const struct attempt *a)
{
	return a->status >= 200 && a->status <= 299;
}

/*
 * Whether the target failed, not this delivery. A target that sent a status
 * line is alive, however slowly the rest came. A server that no longer wants a
 * kept connection closes it after a request, which must not stop a healthy
 * lane. */
static bool is_connection_level(const struct attempt *a)
{
	switch (a->error) {
	case ATTEMPT_DNS:
	case ATTEMPT_REFUSED:
	case ATTEMPT_CONNECT:
	case ATTEMPT_TLS:
		return true;
	case ATTEMPT_TIMEOUT:
		return !a->status;
	case ATTEMPT_CLOSED:
		return !a->sent;
	case ATTEMPT_NONE:
	case ATTEMPT_PROTOCOL:
	case ATTEMPT_STOPPED:
	case ATTEMPT_INTERNAL:
	case ATTEMPT_UNRECORDED:
	case ATTEMPT_ERROR_MAX:
		break;
	}
	return false;
}

/* Only a complete answer's Retry-After counts. */
static int64_t asked_delay(const struct attempt *a, int64_t now_ms)
{
	int64_t delay;

	if (a->error != ATTEMPT_NONE ||
	    (a->status != TOO_MANY && a->status != UNAVAILABLE))
		return 0;
	delay = retry_after(a->retry_after, now_ms);
	return delay == RETRY_NONE ? 0 : delay;
}

static bool is_pressed(const struct attempt *a, const struct outcome *out)
{
	return out->answered && !out->lane_delay_ms &&
	       (a->status == TOO_MANY || a->status == BAD_GATEWAY ||
		a->status == UNAVAILABLE || a->status == GATEWAY_TIMEOUT);
}

static void stopped(const struct attempt *a, struct outcome *out)
{
	out->counts = false;
	out->verdict = a->sent ? OUTCOME_RETRY : OUTCOME_RETURNED;
}

/* A new connection cannot be stale, so this happens to a delivery once in a
 * row. */
static void outcome_stale(struct outcome *out)
{
	out->counts = false;
	out->at_once = true;
	out->verdict = OUTCOME_RETRY;
}

/* The schedule alone decides whether there is another attempt; Retry-After only
 * delays it. */
static void outcome_retry(const struct outcome_policy *policy, unsigned tries,
			  double fraction, struct outcome *out)
{
	int64_t delay = retry_delay(policy->schedule, policy->schedule_count,
				    tries, policy->jitter, fraction);

	if (delay == RETRY_NONE) {
		out->verdict = OUTCOME_FAILED;
		return;
	}
	out->verdict = OUTCOME_RETRY;
	out->delay_ms = delay > out->lane_delay_ms ? delay : out->lane_delay_ms;
}

static void judge_ping(const struct attempt *a, struct outcome *out)
{
	out->connection_level = false;
	out->answered = false;
	out->timeout = false;
	out->pressed = false;
	out->lane_delay_ms = 0;
	out->verdict = OUTCOME_FAILED;
	if (a->error == ATTEMPT_NONE && is_2xx(a))
		out->verdict = OUTCOME_DELIVERED;
	else if (a->error == ATTEMPT_STOPPED && !a->sent)
		stopped(a, out);
}

void outcome_judge(const struct attempt *a, const struct outcome_policy *policy,
		   unsigned tries, double fraction, int64_t now_ms,
		   struct outcome *out)
{
	bool complete = a->error == ATTEMPT_NONE;

	*out = (struct outcome){
		.counts = true,
		.connection_level = is_connection_level(a),
		.answered = complete,
		.maybe_duplicate = a->sent && !complete,
		.timeout = a->error == ATTEMPT_TIMEOUT,
		.lane_delay_ms = asked_delay(a, now_ms),
	};
	out->pressed = is_pressed(a, out);
	if (a->stale)
		outcome_stale(out);
	else if (policy->ping)
		judge_ping(a, out);
	else if (complete && is_2xx(a))
		out->verdict = OUTCOME_DELIVERED;
	else if (complete && a->status == GONE)
		out->verdict = OUTCOME_GONE;
	else if (a->error == ATTEMPT_STOPPED)
		stopped(a, out);
	else
		outcome_retry(policy, tries, fraction, out);
}

bool outcome_stops_lane(const struct outcome *o)
{
	return o->connection_level || o->lane_delay_ms > 0 ||
	       o->verdict == OUTCOME_GONE;
}
