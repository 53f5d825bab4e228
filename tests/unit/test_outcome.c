/* SPDX-License-Identifier: MIT */
/*
 * outcome: every answer and every error, judged.
 */
#include "unit.h"

#include <string.h>

#include "outside/attempt.h"
#include "rules/outcome.h"

static const int64_t schedule[] = {5000, 300000};

static const struct outcome_policy usual = {
	.schedule = schedule, .schedule_count = 2, .jitter = 0.2};
static const struct outcome_policy ping = {
	.schedule = schedule, .schedule_count = 2, .jitter = 0.2, .ping = true};

static struct outcome judge(const struct attempt *a, unsigned tries)
{
	struct outcome out;

	memset(&out, 0xff, sizeof(out));
	outcome_judge(a, &usual, tries, 0, 1000, &out);
	return out;
}

static struct outcome judge_ping(const struct attempt *a)
{
	struct outcome out;

	memset(&out, 0xff, sizeof(out));
	outcome_judge(a, &ping, 1, 0, 1000, &out);
	return out;
}

static struct attempt answer(unsigned status, const char *retry_after)
{
	return (struct attempt){
		.sent = true, .status = status, .retry_after = retry_after};
}

static struct attempt failure(enum attempt_error error, bool sent)
{
	return (struct attempt){.error = error, .sent = sent};
}

static void check_status(unsigned status)
{
	struct attempt a = answer(status, NULL);
	struct outcome out = judge(&a, 1);
	enum outcome_verdict wanted = OUTCOME_RETRY;

	if (status >= 200 && status <= 299)
		wanted = OUTCOME_DELIVERED;
	else if (status == 410)
		wanted = OUTCOME_GONE;
	ck_assert_msg(out.verdict == wanted, "%u", status);
	ck_assert_int_eq(out.delay_ms, wanted == OUTCOME_RETRY ? 5000 : 0);
	ck_assert(out.answered && out.counts);
	ck_assert(!out.connection_level && !out.maybe_duplicate);
	ck_assert(!out.timeout);
	ck_assert_int_eq(out.lane_delay_ms, 0);
}

/* 200 to 299 are delivered, 410 is gone, all other statuses are retried. */
START_TEST(every_status)
{
	for (unsigned status = 100; status < 1000; status++)
		check_status(status);
}
END_TEST

static const struct {
	enum attempt_error error;
	bool sent;
	bool connection_level, maybe_duplicate;
} errors[] = {
	{ATTEMPT_DNS, false, true, false},
	{ATTEMPT_REFUSED, false, true, false},
	{ATTEMPT_CONNECT, false, true, false},
	{ATTEMPT_TLS, false, true, false},
	{ATTEMPT_TIMEOUT, false, true, false},
	{ATTEMPT_TIMEOUT, true, true, true},
	{ATTEMPT_CLOSED, false, true, false},
	{ATTEMPT_CLOSED, true, false, true},
	{ATTEMPT_PROTOCOL, true, false, true},
	{ATTEMPT_INTERNAL, false, false, false},
	{ATTEMPT_INTERNAL, true, false, true},
};

START_TEST(error)
{
	struct attempt a = failure(errors[_i].error, errors[_i].sent);
	struct outcome out = judge(&a, 1);

	ck_assert_int_eq(out.verdict, OUTCOME_RETRY);
	ck_assert_int_eq(out.delay_ms, 5000);
	ck_assert(out.counts && !out.answered);
	ck_assert_int_eq(out.connection_level, errors[_i].connection_level);
	ck_assert_int_eq(out.maybe_duplicate, errors[_i].maybe_duplicate);
	ck_assert_int_eq(out.timeout, a.error == ATTEMPT_TIMEOUT);
}
END_TEST

/* A status line without the whole answer decides nothing. */
START_TEST(half_an_answer)
{
	static const unsigned statuses[] = {200, 410, 503};

	for (size_t i = 0; i < COUNT(statuses); i++) {
		struct attempt a = answer(statuses[i], "60");
		struct outcome out;

		a.error = ATTEMPT_TIMEOUT;
		out = judge(&a, 1);
		ck_assert_int_eq(out.verdict, OUTCOME_RETRY);
		ck_assert_int_eq(out.delay_ms, 5000);
		ck_assert_int_eq(out.lane_delay_ms, 0);
		ck_assert(out.maybe_duplicate && out.timeout);
		ck_assert(!out.connection_level && !out.answered);
	}
}
END_TEST

START_TEST(schedule_ends)
{
	struct attempt a = answer(500, NULL);
	struct outcome out = judge(&a, 2);

	ck_assert_int_eq(out.verdict, OUTCOME_RETRY);
	ck_assert_int_eq(out.delay_ms, 300000);
	out = judge(&a, 3);
	ck_assert_int_eq(out.verdict, OUTCOME_FAILED);
	ck_assert_int_eq(out.delay_ms, 0);
}
END_TEST

/* A redelivery of a delivery that failed in this way must still be marked. */
START_TEST(failed_may_be_a_duplicate)
{
	struct attempt a = failure(ATTEMPT_CLOSED, true);
	struct outcome out = judge(&a, 3);

	ck_assert_int_eq(out.verdict, OUTCOME_FAILED);
	ck_assert(out.maybe_duplicate);
}
END_TEST

START_TEST(jitter_is_added)
{
	struct attempt a = answer(500, NULL);
	struct outcome out;

	outcome_judge(&a, &usual, 1, 0.5, 1000, &out);
	ck_assert_int_eq(out.delay_ms, 5500);
}
END_TEST

static const struct {
	unsigned status;
	const char *value;
	int64_t delay, lane;
} asked[] = {
	{429, "60", 60000, 60000},
	{503, "60", 60000, 60000},
	{503, "Thu, 01 Jan 1970 00:01:01 GMT", 60000, 60000},
	{503, "1", 5000, 1000},
	{503, "0", 5000, 0},
	{503, "tomorrow", 5000, 0},
	{503, NULL, 5000, 0},
	{429, "864000", 86400000, 86400000},
	{500, "60", 5000, 0},
	{404, "60", 5000, 0},
	{301, "60", 5000, 0},
};

START_TEST(retry_after_header)
{
	struct attempt a = answer(asked[_i].status, asked[_i].value);
	struct outcome out = judge(&a, 1);

	ck_assert_int_eq(out.verdict, OUTCOME_RETRY);
	ck_assert_int_eq(out.delay_ms, asked[_i].delay);
	ck_assert_int_eq(out.lane_delay_ms, asked[_i].lane);
}
END_TEST

START_TEST(retry_after_on_the_last_attempt)
{
	struct attempt a = answer(503, "60");
	struct outcome out = judge(&a, 3);

	ck_assert_int_eq(out.verdict, OUTCOME_FAILED);
	ck_assert_int_eq(out.lane_delay_ms, 60000);
}
END_TEST

START_TEST(stopped_before_sending)
{
	struct attempt a = failure(ATTEMPT_STOPPED, false);
	struct outcome out = judge(&a, 3);

	ck_assert_int_eq(out.verdict, OUTCOME_RETURNED);
	ck_assert(!out.counts && !out.maybe_duplicate);
	ck_assert(!out.connection_level && !out.answered);
}
END_TEST

/* Even after the end of the schedule: stopping is no failure. */
START_TEST(stopped_after_sending)
{
	struct attempt a = failure(ATTEMPT_STOPPED, true);
	struct outcome out = judge(&a, 3);

	ck_assert_int_eq(out.verdict, OUTCOME_RETRY);
	ck_assert_int_eq(out.delay_ms, 0);
	ck_assert(!out.counts && out.maybe_duplicate);
	ck_assert(!out.connection_level);
}
END_TEST

START_TEST(ping_is_tried_once)
{
	static const unsigned statuses[] = {200, 204, 301, 404, 410, 429, 503};

	for (size_t i = 0; i < COUNT(statuses); i++) {
		struct attempt a = answer(statuses[i], "60");
		struct outcome out = judge_ping(&a);

		ck_assert_int_eq(out.verdict, statuses[i] < 300
						      ? OUTCOME_DELIVERED
						      : OUTCOME_FAILED);
		ck_assert_int_eq(out.lane_delay_ms, 0);
		ck_assert(!out.answered);
	}
}
END_TEST

START_TEST(ping_leaves_the_lane_alone)
{
	for (size_t i = 0; i < COUNT(errors); i++) {
		struct attempt a = failure(errors[i].error, errors[i].sent);
		struct outcome out = judge_ping(&a);

		ck_assert_int_eq(out.verdict, OUTCOME_FAILED);
		ck_assert(!out.connection_level && !out.timeout);
	}
}
END_TEST

START_TEST(stopped_ping)
{
	struct attempt a = failure(ATTEMPT_STOPPED, false);
	struct outcome out = judge_ping(&a);

	ck_assert_int_eq(out.verdict, OUTCOME_RETURNED);
	a.sent = true;
	out = judge_ping(&a);
	ck_assert_int_eq(out.verdict, OUTCOME_FAILED);
}
END_TEST

START_TEST(errors_have_words)
{
	ck_assert_str_eq(attempt_error_code(ATTEMPT_NONE), "");
	ck_assert_str_eq(attempt_error_text(ATTEMPT_NONE), "");
	ck_assert_str_eq(attempt_error_code(ATTEMPT_REFUSED),
			 "address_refused");
	for (int e = 1; e < ATTEMPT_ERROR_MAX; e++) {
		const char *text = attempt_error_text((enum attempt_error)e);

		ck_assert_uint_gt(
			strlen(attempt_error_code((enum attempt_error)e)), 0);
		ck_assert_int_eq(text[strlen(text) - 1], '.');
		for (int f = 1; f < e; f++)
			ck_assert_str_ne(
				attempt_error_code((enum attempt_error)e),
				attempt_error_code((enum attempt_error)f));
	}
	ck_assert_str_eq(attempt_error_code(ATTEMPT_ERROR_MAX), "unknown");
}
END_TEST

START_TEST(a_stale_connection_costs_nothing)
{
	struct attempt a = failure(ATTEMPT_CLOSED, true);
	struct outcome out;

	a.stale = true;
	for (unsigned tries = 1; tries < 5; tries++) {
		out = judge(&a, tries);
		ck_assert_int_eq(out.verdict, OUTCOME_RETRY);
		ck_assert(out.at_once && !out.counts && out.maybe_duplicate);
		ck_assert_int_eq(out.delay_ms, 0);
		ck_assert(!out.answered && !out.timeout);
		ck_assert(!outcome_stops_lane(&out));
	}
	out = judge_ping(&a);
	ck_assert_int_eq(out.verdict, OUTCOME_RETRY);
	ck_assert(out.at_once);
	a.stale = false;
	ck_assert(!judge(&a, 1).at_once);
}
END_TEST

START_TEST(an_overloaded_receiver_presses)
{
	static const unsigned pressing[] = {429, 502, 503, 504};
	static const unsigned others[] = {200, 400, 408, 410, 500, 501, 505};

	for (size_t i = 0; i < COUNT(pressing); i++) {
		struct attempt plain = answer(pressing[i], NULL);
		struct attempt asks = answer(pressing[i], "30");
		struct attempt odd = answer(pressing[i], "soon");
		struct attempt cut = answer(pressing[i], NULL);

		cut.error = ATTEMPT_CLOSED;
		ck_assert(judge(&plain, 1).pressed);
		ck_assert(judge(&odd, 1).pressed);
		ck_assert(!judge(&cut, 1).pressed);
		ck_assert(!judge_ping(&plain).pressed);
		ck_assert(!outcome_stops_lane(&(struct outcome){
			.verdict = OUTCOME_RETRY, .pressed = true}));
		ck_assert_int_eq(judge(&asks, 1).pressed,
				 pressing[i] == 502 || pressing[i] == 504);
	}
	for (size_t i = 0; i < COUNT(others); i++) {
		struct attempt a = answer(others[i], NULL);

		ck_assert(!judge(&a, 1).pressed);
	}
}
END_TEST

Suite *suite_outcome(void)
{
	Suite *s = suite_create("outcome");
	TCase *t = tcase_create("outcome");

	tcase_add_test(t, every_status);
	tcase_add_loop_test(t, error, 0, (int)COUNT(errors));
	tcase_add_test(t, half_an_answer);
	tcase_add_test(t, schedule_ends);
	tcase_add_test(t, failed_may_be_a_duplicate);
	tcase_add_test(t, jitter_is_added);
	tcase_add_loop_test(t, retry_after_header, 0, (int)COUNT(asked));
	tcase_add_test(t, retry_after_on_the_last_attempt);
	tcase_add_test(t, stopped_before_sending);
	tcase_add_test(t, stopped_after_sending);
	tcase_add_test(t, ping_is_tried_once);
	tcase_add_test(t, ping_leaves_the_lane_alone);
	tcase_add_test(t, stopped_ping);
	tcase_add_test(t, errors_have_words);
	tcase_add_test(t, a_stale_connection_costs_nothing);
	tcase_add_test(t, an_overloaded_receiver_presses);
	suite_add_tcase(s, t);
	return s;
}
