/* SPDX-License-Identifier: MIT */
/*
 * text: times against known moments and the C library's calendar, numbers
 * at their limits, UTF-8 byte by byte.
 */
#include "unit.h"

#include <string.h>
#include <time.h>

#include "base/text.h"

static const struct {
	const char *text;
	int64_t ms;
} times[] = {
	{"1970-01-01T00:00:00.000Z", 0},
	{"2021-05-27T08:03:53.775Z", INT64_C(1622102633775)},
	{"2000-02-29T23:59:59.999Z", INT64_C(951868799999)},
	{"1969-12-31T23:59:59.999Z", -1},
	{"0000-01-01T00:00:00.000Z", INT64_C(-62167219200000)},
	{"9999-12-31T23:59:59.999Z", INT64_C(253402300799999)},
};

START_TEST(known_times)
{
	char text[TEXT_TIME_SIZE];
	int64_t ms = 42;

	text_time(text, times[_i].ms);
	ck_assert_str_eq(text, times[_i].text);
	ck_assert(text_time_parse(times[_i].text, &ms));
	ck_assert_int_eq(ms, times[_i].ms);
}
END_TEST

/* One moment of every day of 300 years. */
START_TEST(calendar_of_the_c_library)
{
	for (int64_t day = -60000; day < 50000; day++) {
		time_t t = (time_t)(day * 86400 + 45296);
		char wanted[TEXT_TIME_SIZE], text[TEXT_TIME_SIZE];
		struct tm tm;

		ck_assert_ptr_nonnull(gmtime_r(&t, &tm));
		strftime(wanted, sizeof(wanted), "%Y-%m-%dT%H:%M:%S.007Z", &tm);
		text_time(text, (int64_t)t * 1000 + 7);
		ck_assert_str_eq(text, wanted);
	}
}
END_TEST

START_TEST(times_beyond_are_clamped)
{
	char text[TEXT_TIME_SIZE];

	text_time(text, INT64_MAX);
	ck_assert_str_eq(text, "9999-12-31T23:59:59.999Z");
	text_time(text, INT64_MIN + 1);
	ck_assert_str_eq(text, "0000-01-01T00:00:00.000Z");
}
END_TEST

static const struct {
	const char *text;
	int64_t ms;
} read_times[] = {
	{"1970-01-02", 86400000},
	{"1970-01-01T00:00:01Z", 1000},
	{"1970-01-01t00:00:01z", 1000},
	{"1970-01-01T00:00:01.5Z", 1500},
	{"1970-01-01T00:00:01.1239Z", 1123},
	{"1970-01-01T00:00:01.123456789Z", 1123},
	{"1970-01-01T02:00:00+02:00", 0},
	{"1970-01-01T00:00:00-01:30", 5400000},
	{"1970-01-01T00:00:00+00:00", 0},
};

START_TEST(read_time)
{
	int64_t ms = 42;

	ck_assert_msg(text_time_parse(read_times[_i].text, &ms), "%s",
		      read_times[_i].text);
	ck_assert_int_eq(ms, read_times[_i].ms);
}
END_TEST

START_TEST(no_times)
{
	static const char *const wrong[] = {
		"",
		"1970",
		"1970-01",
		"1970-1-1",
		"1970-01-01T",
		"1970-01-01T00:00Z",
		"1970-01-01T00:00:00",
		"1970-01-01 00:00:00Z",
		"1970-01-01T00:00:00.Z",
		"1970-01-01T00:00:00,5Z",
		"1970-01-01T24:00:00Z",
		"1970-01-01T00:60:00Z",
		"1970-01-01T00:00:60Z",
		"1970-13-01",
		"1970-00-01",
		"1970-01-00",
		"1970-01-32",
		"1970-02-29",
		"1900-02-29",
		"2021-04-31",
		"1970-01-01x",
		"1970-01-01T00:00:00Zx",
		"1970-01-01T00:00:00+1:00",
		"1970-01-01T00:00:00+0100",
		"1970-01-01T00:00:00+24:00",
		"-970-01-01",
		"+1970-01-01",
		" 1970-01-01",
		"now",
	};
	int64_t ms = 42;

	for (size_t i = 0; i < COUNT(wrong); i++)
		ck_assert_msg(!text_time_parse(wrong[i], &ms), "\"%s\"",
			      wrong[i]);
	ck_assert_int_eq(ms, 42);
	ck_assert(text_time_parse("2000-02-29", &ms));
}
END_TEST

START_TEST(hex)
{
	unsigned char bytes[3] = {0};
	char text[7];

	text_hex(text, "\x00\xab\xff", 3);
	ck_assert_str_eq(text, "00abff");
	ck_assert(text_unhex(bytes, 3, "00aBFf", 6));
	ck_assert_mem_eq(bytes, "\x00\xab\xff", 3);
	ck_assert(!text_unhex(bytes, 3, "000000f", 7));
	ck_assert(!text_unhex(bytes, 3, "00000", 5));
	ck_assert(!text_unhex(bytes, 3, "00000g", 6));
	ck_assert(!text_unhex(bytes, 3, "0000-1", 6));
	ck_assert_mem_eq(bytes, "\x00\xab\xff", 3);
	text_hex(text, "", 0);
	ck_assert_str_eq(text, "");
}
END_TEST

/* The plain definition of RFC 3629, to compare with. */
static bool is_character(const unsigned char *s, size_t n)
{
	static const unsigned long least[] = {0, 0, 0x80, 0x800, 0x10000};
	static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	unsigned long v = s[0] & mask[n];

	if (n > 1 &&
	    (unsigned char)(s[0] & ~mask[n]) != (unsigned char)(0xf00 >> n))
		return false;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return false;
		v = v << 6 | (s[i] & 0x3f);
	}
	return v >= least[n] && v <= 0x10ffff && (v < 0xd800 || v > 0xdfff);
}

START_TEST(utf8_of_two_and_three_bytes)
{
	for (unsigned a = 0x80; a < 0x100; a++)
		for (unsigned b = 0x80; b < 0x100; b++) {
			unsigned char s[3] = {(unsigned char)a,
					      (unsigned char)b, 0xbf};

			ck_assert_int_eq(text_is_utf8((char *)s, 2),
					 is_character(s, 2));
			ck_assert_int_eq(text_is_utf8((char *)s, 3),
					 is_character(s, 3));
		}
}
END_TEST

START_TEST(utf8_of_four_bytes)
{
	for (unsigned a = 0xe0; a < 0x100; a++)
		for (unsigned b = 0x70; b < 0xd0; b++)
			for (unsigned c = 0x70; c < 0xd0; c += 8) {
				unsigned char s[4] = {(unsigned char)a,
						      (unsigned char)b,
						      (unsigned char)c, 0x80};

				if (text_is_utf8((char *)s, 3))
					continue;
				ck_assert_int_eq(text_is_utf8((char *)s, 4),
						 is_character(s, 4));
			}
}
END_TEST

START_TEST(utf8_points)
{
	uint32_t point;

	ck_assert_uint_eq(text_utf8("a", 1, &point), 1);
	ck_assert_uint_eq(point, 'a');
	ck_assert_uint_eq(text_utf8("\xc3\xa9x", 3, &point), 2);
	ck_assert_uint_eq(point, 0xe9);
	ck_assert_uint_eq(text_utf8("\xe2\x82\xac", 3, &point), 3);
	ck_assert_uint_eq(point, 0x20ac);
	ck_assert_uint_eq(text_utf8("\xf4\x8f\xbf\xbf", 4, &point), 4);
	ck_assert_uint_eq(point, 0x10ffff);
	ck_assert_uint_eq(text_utf8("\xe2\x82", 2, &point), 0);
}
END_TEST

START_TEST(utf8_texts)
{
	ck_assert(text_is_utf8("", 0));
	ck_assert(text_is_utf8("a\0b", 3));
	ck_assert(text_is_utf8("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9));
	for (size_t n = 1; n < 9; n++)
		ck_assert_int_eq(text_is_utf8("\xc3\xa9\xe2\x82\xac"
					      "\xf0\x9f\x98\x80",
					      n),
				 n == 2 || n == 5);
	ck_assert(!text_is_utf8("abc\xff", 4));
}
END_TEST

START_TEST(whole_numbers)
{
	static const char *const wrong[] = {"",
					    "-1",
					    "+1",
					    " 1",
					    "1 ",
					    "0x1",
					    "1.0",
					    "1e1",
					    "a",
					    "18446744073709551616",
					    "99999999999999999999999"};
	uint64_t v = 42;

	for (size_t i = 0; i < COUNT(wrong); i++)
		ck_assert_msg(!text_uint(wrong[i], UINT64_MAX, &v), "\"%s\"",
			      wrong[i]);
	ck_assert_uint_eq(v, 42);
	ck_assert(text_uint("18446744073709551615", UINT64_MAX, &v));
	ck_assert(v == UINT64_MAX);
	ck_assert(text_uint("007", 7, &v));
	ck_assert_uint_eq(v, 7);
	ck_assert(!text_uint("8", 7, &v));
	ck_assert(!text_uint("10", 7, &v));
	ck_assert(text_uint("0", 0, &v));
	ck_assert(!text_uint("1", 0, &v));
}
END_TEST

static const struct {
	const char *text, *shortest;
	int64_t ms;
} durations[] = {
	{"0", "0s", 0},
	{"0s", "0s", 0},
	{"55s", "55s", 55000},
	{"90s", "1m30s", 90000},
	{"60s", "1m", 60000},
	{"1500ms", "1s500ms", 1500},
	{"1d12h", "1d12h", 129600000},
	{"36h", "1d12h", 129600000},
	{"1h30m", "1h30m", 5400000},
	{"30m1h", "1h30m", 5400000},
	{"1d1h1m1s1ms", "1d1h1m1s1ms", 90061001},
	{"5s5s", "10s", 10000},
	{"0d5s", "5s", 5000},
	{"0m0s", "0s", 0},
	{"36499d23h59m59s999ms", "36499d23h59m59s999ms",
	 INT64_C(3153599999999)},
	{"24h", "1d", 86400000},
	{"7d", "7d", INT64_C(604800000)},
	{"2000ms", "2s", 2000},
	{"36500d", "36500d", INT64_C(3153600000000)},
};

START_TEST(duration)
{
	char text[TEXT_DURATION_SIZE];
	int64_t ms = 42;

	ck_assert(text_duration(durations[_i].text, &ms));
	ck_assert_int_eq(ms, durations[_i].ms);
	text_duration_format(text, ms);
	ck_assert_str_eq(text, durations[_i].shortest);
}
END_TEST

START_TEST(no_durations)
{
	static const char *const wrong[] = {"",
					    "5",
					    "s",
					    "-5s",
					    "5 s",
					    "5S",
					    "5w",
					    "5s ",
					    "1h30",
					    "1h 30m",
					    "1hm",
					    "h1",
					    "1mss",
					    "1sm",
					    "0x5s",
					    "05",
					    "00",
					    "36500d1ms",
					    "1s9223372036854775807ms",
					    "1.5h",
					    "36501d",
					    "99999999999999999999d",
					    "3153600000000001ms",
					    "876001h"};
	int64_t ms = 42;

	for (size_t i = 0; i < COUNT(wrong); i++)
		ck_assert_msg(!text_duration(wrong[i], &ms), "\"%s\"",
			      wrong[i]);
	ck_assert_int_eq(ms, 42);
}
END_TEST

START_TEST(sizes)
{
	static const char *const wrong[] = {"",
					    "k",
					    "-1k",
					    "1K",
					    "1kb",
					    "1 k",
					    "1t",
					    "1.5m",
					    "1kk",
					    "1125899906842625",
					    "1073741825m",
					    "1048577g"};
	uint64_t v = 42;

	for (size_t i = 0; i < COUNT(wrong); i++)
		ck_assert_msg(!text_size(wrong[i], &v), "\"%s\"", wrong[i]);
	ck_assert_uint_eq(v, 42);
	ck_assert(text_size("120k", &v));
	ck_assert_uint_eq(v, 122880);
	ck_assert(text_size("1m", &v));
	ck_assert_uint_eq(v, 1048576);
	ck_assert(text_size("10g", &v));
	ck_assert_uint_eq(v, UINT64_C(10) << 30);
	ck_assert(text_size("17", &v));
	ck_assert_uint_eq(v, 17);
	ck_assert(text_size("1048576m", &v));
	ck_assert_uint_eq(v, UINT64_C(1) << 40);
}
END_TEST

START_TEST(sizes_as_text)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {{0, "0"},
		     {1, "1"},
		     {1023, "1023"},
		     {1024, "1k"},
		     {1536, "1536"},
		     {122880, "120k"},
		     {1048576, "1m"},
		     {UINT64_C(10) << 30, "10g"},
		     {UINT64_C(1) << 40, "1024g"},
		     {UINT64_MAX, "18446744073709551615"}};
	char text[TEXT_SIZE_SIZE];

	for (size_t i = 0; i < COUNT(cases); i++) {
		text_size_format(text, cases[i].bytes);
		ck_assert_str_eq(text, cases[i].text);
	}
}
END_TEST

Suite *suite_text(void)
{
	Suite *s = suite_create("text");
	TCase *t = tcase_create("text");

	tcase_add_loop_test(t, known_times, 0, (int)COUNT(times));
	tcase_add_test(t, calendar_of_the_c_library);
	tcase_add_test(t, times_beyond_are_clamped);
	tcase_add_loop_test(t, read_time, 0, (int)COUNT(read_times));
	tcase_add_test(t, no_times);
	tcase_add_test(t, hex);
	tcase_add_test(t, utf8_of_two_and_three_bytes);
	tcase_add_test(t, utf8_of_four_bytes);
	tcase_add_test(t, utf8_points);
	tcase_add_test(t, utf8_texts);
	tcase_add_test(t, whole_numbers);
	tcase_add_loop_test(t, duration, 0, (int)COUNT(durations));
	tcase_add_test(t, no_durations);
	tcase_add_test(t, sizes);
	tcase_add_test(t, sizes_as_text);
	suite_add_tcase(s, t);
	return s;
}
