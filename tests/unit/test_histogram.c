/* SPDX-License-Identifier: MIT */
/*
 * histogram: buckets, sums, quantiles.
 */
#include "unit.h"

#include "rules/histogram.h"

#define MS 1000

START_TEST(bounds_rise)
{
	for (size_t i = 1; i < HISTOGRAM_BOUNDS; i++)
		ck_assert_int_gt(histogram_bound(i), histogram_bound(i - 1));
}
END_TEST

START_TEST(a_bound_belongs_to_its_bucket)
{
	for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
		ck_assert_uint_eq(histogram_bucket(histogram_bound(i)), i);
		ck_assert_uint_eq(histogram_bucket(histogram_bound(i) + 1),
				  i + 1);
	}
}
END_TEST

START_TEST(times_without_an_end)
{
	ck_assert_uint_eq(histogram_bucket(0), 0);
	ck_assert_uint_eq(histogram_bucket(-5), 0);
	ck_assert_uint_eq(histogram_bucket(INT64_MIN), 0);
	ck_assert_uint_eq(histogram_bucket(INT64_MAX), HISTOGRAM_BOUNDS);
}
END_TEST

START_TEST(an_empty_histogram_has_no_quantile)
{
	struct histogram h = {{0}};

	ck_assert_uint_eq(histogram_count(&h), 0);
	ck_assert_double_lt(histogram_quantile(&h, 0), 0);
	ck_assert_double_lt(histogram_quantile(&h, 0.5), 0);
	ck_assert_double_lt(histogram_quantile(&h, 1), 0);
}
END_TEST

/* Ten between 10 and 20 ms: spread evenly, half are below 15. */
START_TEST(one_bucket_is_spread_evenly)
{
	struct histogram h = {{0}};

	h.n[histogram_bucket(15 * MS)] = 10;
	ck_assert_double_eq_tol(histogram_quantile(&h, 0), 10, 1e-9);
	ck_assert_double_eq_tol(histogram_quantile(&h, 0.5), 15, 1e-9);
	ck_assert_double_eq_tol(histogram_quantile(&h, 1), 20, 1e-9);
}
END_TEST

/* 90 up to a millisecond, 10 between 100 and 200. */
START_TEST(two_buckets)
{
	struct histogram h = {{0}};

	h.n[0] = 90;
	h.n[histogram_bucket(150 * MS)] = 10;
	ck_assert_double_eq_tol(histogram_quantile(&h, 0.45), 0.5, 1e-9);
	ck_assert_double_eq_tol(histogram_quantile(&h, 0.9), 1, 1e-9);
	ck_assert_double_eq_tol(histogram_quantile(&h, 0.95), 150, 1e-9);
	ck_assert_double_eq_tol(histogram_quantile(&h, 0.99), 190, 1e-9);
	ck_assert_double_eq_tol(histogram_quantile(&h, 1), 200, 1e-9);
}
END_TEST

START_TEST(beyond_the_last_bound)
{
	struct histogram h = {{0}};
	double last = (double)histogram_bound(HISTOGRAM_BOUNDS - 1) / MS;

	h.n[HISTOGRAM_BOUNDS] = 3;
	ck_assert_double_eq_tol(histogram_quantile(&h, 0), last, 1e-9);
	ck_assert_double_eq_tol(histogram_quantile(&h, 0.99), last, 1e-9);
}
END_TEST

START_TEST(quantiles_never_fall)
{
	struct histogram h = {{0}};
	double before = 0;

	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		h.n[i] = i % 3;
	for (int i = 0; i <= 1000; i++) {
		double now = histogram_quantile(&h, i / 1000.0);

		ck_assert_double_ge(now, before);
		before = now;
	}
}
END_TEST

START_TEST(sums_add_up)
{
	struct histogram a = {{0}}, b = {{0}};

	a.n[0] = 1;
	a.n[3] = 2;
	b.n[3] = UINT64_C(5000000000);
	b.n[HISTOGRAM_BOUNDS] = 4;
	histogram_merge(&a, &b);
	ck_assert_uint_eq(a.n[0], 1);
	ck_assert_uint_eq(a.n[3], UINT64_C(5000000002));
	ck_assert_uint_eq(a.n[HISTOGRAM_BOUNDS], 4);
	ck_assert_uint_eq(histogram_count(&a), UINT64_C(5000000007));
}
END_TEST

Suite *suite_histogram(void)
{
	Suite *s = suite_create("histogram");
	TCase *t = tcase_create("histogram");

	tcase_add_test(t, bounds_rise);
	tcase_add_test(t, a_bound_belongs_to_its_bucket);
	tcase_add_test(t, times_without_an_end);
	tcase_add_test(t, an_empty_histogram_has_no_quantile);
	tcase_add_test(t, one_bucket_is_spread_evenly);
	tcase_add_test(t, two_buckets);
	tcase_add_test(t, beyond_the_last_bound);
	tcase_add_test(t, quantiles_never_fall);
	tcase_add_test(t, sums_add_up);
	suite_add_tcase(s, t);
	return s;
}
