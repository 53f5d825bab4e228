/* SPDX-License-Identifier: MIT */
/*
 * prometheus: the lines to the letter.
 */
#include "unit.h"

#include <string.h>

#include "prometheus.h"

static struct buf out;

static void setup(void)
{
	buf_init(&out, 64 * 1024);
}

static void teardown(void)
{
	buf_release(&out);
}

START_TEST(a_gauge)
{
	prometheus_gauge(&out, "due", "How many.", 12345678901);
	ck_assert_str_eq(out.data, "# HELP vyte_hooks_due How many.\n"
				   "# TYPE vyte_hooks_due gauge\n"
				   "vyte_hooks_due 12345678901\n");
}
END_TEST

START_TEST(labels)
{
	static const struct prometheus_label two[] = {
		{"a", "x"}, {"b", "\"\\\n"}, {0}};
	static const struct prometheus_label none[] = {{0}};

	prometheus_sample(&out, "n", two, 0.5);
	prometheus_sample(&out, "n", none, 1);
	ck_assert_str_eq(out.data,
			 "vyte_hooks_n{a=\"x\",b=\"\\\"\\\\\\n\"} 0.5\n"
			 "vyte_hooks_n 1\n");
}
END_TEST

/* Each bucket includes the counts of the buckets before. */
START_TEST(a_histogram)
{
	struct histogram h = {.n = {[0] = 2, [1] = 3}};

	h.n[HISTOGRAM_BUCKETS - 1] = 4;
	prometheus_histogram(&out, "t", "Time.", &h, 1500000);
	ck_assert_ptr_nonnull(strstr(out.data, "# TYPE vyte_hooks_t histogram\n"
					       "vyte_hooks_t_bucket{le=\""));
	ck_assert_ptr_nonnull(strstr(out.data, "\"} 2\n"));
	ck_assert_ptr_nonnull(strstr(out.data, "\"} 5\n"));
	ck_assert_ptr_nonnull(strstr(out.data,
				     "vyte_hooks_t_bucket{le=\"+Inf\"} 9\n"
				     "vyte_hooks_t_sum 1.5\n"
				     "vyte_hooks_t_count 9\n"));
	ck_assert_ptr_null(strstr(out.data, "\"} 3\n"));
}
END_TEST

Suite *suite_prometheus(void)
{
	Suite *s = suite_create("prometheus");
	TCase *tc = tcase_create("prometheus");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_gauge);
	tcase_add_test(tc, labels);
	tcase_add_test(tc, a_histogram);
	suite_add_tcase(s, tc);
	return s;
}
