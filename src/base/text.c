/* SPDX-License-Identifier: MIT */
/*
 * text: conversions between values and their written forms. Days are counted
 * by the proleptic Gregorian calendar, so neither time zone data nor the
 * locale matters.
 */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

/* Days since 1970-01-01 of a date; years run from March so that the leap
 * day comes last. */
static int64_t days_from_civil(int64_t y, unsigned m, unsigned d)
{
	int64_t era, year_of_era, day_of_year;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	year_of_era = y - era * 400;
	day_of_year = (153 * ((int64_t)m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 -
	       year_of_era / 100 + day_of_year - 719468;
}

static void civil_from_days(int64_t z, int *y, unsigned *m, unsigned *d)
{
	int64_t era, day_of_era, year_of_era, day_of_year, month;

	z += 719468;
	era = (z >= 0 ? z : z - 146096) / 146097;
	day_of_era = z - era * 146097;
	year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
		       day_of_era / 146096) /
		      365;
	day_of_year = day_of_era -
		      (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	month = (5 * day_of_year + 2) / 153;
	*d = (unsigned)(day_of_year - (153 * month + 2) / 5 + 1);
	*m = (unsigned)(month < 10 ? month + 3 : month - 9);
	*y = (int)(year_of_era + era * 400 + (*m <= 2));
}

int64_t text_civil_ms(int year, unsigned month, unsigned day, unsigned hour,
		      unsigned minute, unsigned second, unsigned ms)
{
	return days_from_civil(year, month, day) * DAY_MS +
	       (int64_t)hour * 3600000 + (int64_t)minute * 60000 +
	       (int64_t)second * 1000 + ms;
}

/* The last `n` digits of v. (snprintf takes ten times as long for a time, and
 * each attempt has one.) */
static void put_digits(char *out, unsigned n, unsigned v)
{
	for (; n; v /= 10)
		out[--n] = (char)('0' + v % 10);
}

void text_time(char out[TEXT_TIME_SIZE], int64_t ms)
{
	const int64_t first = text_civil_ms(0, 1, 1, 0, 0, 0, 0);
	const int64_t last = text_civil_ms(9999, 12, 31, 23, 59, 59, 999);
	int64_t days, rest;
	unsigned m, d;
	int y;

	ms = ms < first ? first : ms > last ? last : ms;
	days = ms / DAY_MS - (ms % DAY_MS < 0);
	rest = ms - days * DAY_MS;
	civil_from_days(days, &y, &m, &d);
	memcpy(out, "0000-00-00T00:00:00.000Z", TEXT_TIME_SIZE);
	put_digits(out, 4, (unsigned)y);
	put_digits(out + 5, 2, m);
	put_digits(out + 8, 2, d);
	put_digits(out + 11, 2, (unsigned)(rest / 3600000));
	put_digits(out + 14, 2, (unsigned)(rest / 60000 % 60));
	put_digits(out + 17, 2, (unsigned)(rest / 1000 % 60));
	put_digits(out + 20, 3, (unsigned)(rest % 1000));
}

void text_mail_time(char out[TEXT_MAIL_TIME_SIZE], int64_t ms)
{
	static const char days[] = "ThuFriSatSunMonTueWed"; /* 1970 began so */
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char t[TEXT_TIME_SIZE];
	int64_t day = ms / DAY_MS - (ms % DAY_MS < 0);
	int week = (int)((day % 7 + 7) % 7);
	int month;

	text_time(t, ms);
	month = (t[5] - '0') * 10 + t[6] - '1';
	snprintf(out, TEXT_MAIL_TIME_SIZE, "%.3s, %.2s %.3s %.4s %.8s +0000",
		 days + 3 * week, t + 8, months + 3 * month, t, t + 11);
}

/* Reads exactly `n` digits and moves on. */
static bool digits(const char **s, unsigned n, unsigned max, unsigned *out)
{
	unsigned v = 0;

	for (; n; n--, (*s)++) {
		if (**s < '0' || **s > '9')
			return false;
		v = v * 10 + (unsigned)(**s - '0');
	}
	*out = v;
	return v <= max;
}

static bool expect(const char **s, char c)
{
	return *(*s)++ == c;
}

static unsigned month_days(unsigned y, unsigned m)
{
	static const unsigned char len[] = {31, 28, 31, 30, 31, 30,
					    31, 31, 30, 31, 30, 31};
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

	return m == 2 && leap ? 29 : len[m - 1];
}

static unsigned fraction(const char **s)
{
	unsigned ms = 0, scale = 100;

	for (; **s >= '0' && **s <= '9'; (*s)++, scale /= 10)
		ms += (unsigned)(**s - '0') * scale;
	return ms;
}

/* "Z" or "+hh:mm"; the offset in milliseconds. */
static bool zone(const char **s, int64_t *offset)
{
	unsigned h, m;
	int sign = **s == '-' ? -1 : 1;

	*offset = 0;
	if (**s == 'Z' || **s == 'z')
		return expect(s, *(*s));
	if (**s != '+' && **s != '-')
		return false;
	(*s)++;
	if (!digits(s, 2, 23, &h) || !expect(s, ':') || !digits(s, 2, 59, &m))
		return false;
	*offset = sign * (int64_t)(h * 60 + m) * 60000;
	return true;
}

bool text_time_parse(const char *s, int64_t *out)
{
	unsigned y, mo, d, h = 0, mi = 0, sec = 0, ms = 0;
	int64_t offset = 0;

	if (!digits(&s, 4, 9999, &y) || !expect(&s, '-') ||
	    !digits(&s, 2, 12, &mo) || !mo || !expect(&s, '-') ||
	    !digits(&s, 2, month_days(y, mo), &d) || !d)
		return false;
	if (*s) {
		if ((*s != 'T' && *s != 't') || !s++ ||
		    !digits(&s, 2, 23, &h) || !expect(&s, ':') ||
		    !digits(&s, 2, 59, &mi) || !expect(&s, ':') ||
		    !digits(&s, 2, 59, &sec))
			return false;
		if (*s == '.') {
			s++;
			if (*s < '0' || *s > '9')
				return false;
			ms = fraction(&s);
		}
		if (!zone(&s, &offset) || *s)
			return false;
	}
	*out = text_civil_ms((int)y, mo, d, h, mi, sec, ms) - offset;
	return true;
}

void text_hex(char *out, const void *bytes, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	const unsigned char *p = bytes;

	for (; n; n--, p++) {
		*out++ = digit[*p >> 4];
		*out++ = digit[*p & 15];
	}
	*out = '\0';
}

int text_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool text_unhex(void *out, size_t n, const char *s, size_t len)
{
	unsigned char *p = out;

	if (len != 2 * n)
		return false;
	for (size_t i = 0; i < len; i++)
		if (text_hex_digit(s[i]) < 0)
			return false;
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)(text_hex_digit(s[2 * i]) << 4 |
				       text_hex_digit(s[2 * i + 1]));
	return true;
}

/* The meaning of the first byte of a sequence: the length (0: the byte starts
 * none), the bits of it that count, and the bounds of the second byte. */
static size_t utf8_lead(unsigned char c, unsigned *bits, unsigned char *lo,
			unsigned char *hi)
{
	*lo = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80; /* no longer form */
	/* Neither surrogates nor anything beyond U+10FFFF. */
	*hi = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	*bits = c < 0x80 ? 0x7f : c < 0xe0 ? 0x1f : c < 0xf0 ? 0x0f : 0x07;
	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	return c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

size_t text_utf8(const char *text, size_t len, uint32_t *point)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned char lo, hi;
	unsigned bits;
	size_t n = utf8_lead(s[0], &bits, &lo, &hi);
	uint32_t v = s[0] & bits;

	if (!n || len < n)
		return 0;
	for (size_t i = 1; i < n; i++, lo = 0x80, hi = 0xbf) {
		if (s[i] < lo || s[i] > hi)
			return 0;
		v = v << 6 | (s[i] & 0x3fu);
	}
	*point = v;
	return n;
}

bool text_is_utf8(const char *s, size_t len)
{
	uint32_t point;
	size_t n = 0;

	for (size_t at = 0; at < len; at += n) {
		n = text_utf8(s + at, len - at, &point);
		if (!n)
			return false;
	}
	return true;
}

/* The digits at `s`; `end` is set to the place after the last one. */
static bool leading_uint(const char *s, uint64_t max, uint64_t *out,
			 const char **end)
{
	uint64_t v = 0;

	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++) {
		unsigned d = (unsigned)(*s - '0');

		if (v > (max - d) / 10 || d > max)
			return false;
		v = v * 10 + d;
	}
	*out = v;
	*end = s;
	return true;
}

bool text_uint(const char *s, uint64_t max, uint64_t *out)
{
	const char *end;
	uint64_t v;

	if (!leading_uint(s, max, &v, &end) || *end)
		return false;
	*out = v;
	return true;
}

static const struct {
	const char *unit;
	int64_t ms;
} units[] = {
	{"d", DAY_MS}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1},
};

enum { UNITS = sizeof(units) / sizeof(units[0]) };

/* 100 years: far from any overflow. */
#define DURATION_MAX_MS INT64_C(3153600000000)

/* "12h": `end` is set to the place after it. */
static bool duration_part(const char *s, int64_t *ms, const char **end)
{
	const char *unit;
	uint64_t v;
	size_t n;

	if (!leading_uint(s, DURATION_MAX_MS, &v, &unit))
		return false;
	n = strcspn(unit, "0123456789");
	for (size_t i = 0; i < UNITS; i++) {
		if (strlen(units[i].unit) != n ||
		    strncmp(unit, units[i].unit, n) != 0)
			continue;
		if ((int64_t)v > DURATION_MAX_MS / units[i].ms)
			return false;
		*ms = (int64_t)v * units[i].ms;
		*end = unit + n;
		return true;
	}
	return false;
}

bool text_duration(const char *s, int64_t *ms)
{
	int64_t sum = 0, part;

	if (strcmp(s, "0") != 0) {
		do {
			if (!duration_part(s, &part, &s) ||
			    part > DURATION_MAX_MS - sum)
				return false;
			sum += part;
		} while (*s);
	}
	*ms = sum;
	return true;
}

void text_duration_format(char out[TEXT_DURATION_SIZE], int64_t ms)
{
	size_t n = 0;

	for (size_t i = 0; i < UNITS; i++) {
		if (ms < units[i].ms)
			continue;
		n += (size_t)snprintf(out + n, TEXT_DURATION_SIZE - n, "%lld%s",
				      (long long)(ms / units[i].ms),
				      units[i].unit);
		ms %= units[i].ms;
	}
	if (!n)
		snprintf(out, TEXT_DURATION_SIZE, "0s");
}

bool text_size(const char *s, uint64_t *bytes)
{
	static const char letters[] = "kmg";
	const uint64_t max = UINT64_C(1) << 50;
	const char *end, *letter;
	unsigned shift = 0;
	uint64_t v;

	if (!leading_uint(s, max, &v, &end))
		return false;
	if (*end) {
		letter = strchr(letters, *end);
		if (!letter || end[1])
			return false;
		shift = 10 * (unsigned)(letter - letters + 1);
	}
	if (v > max >> shift)
		return false;
	*bytes = v << shift;
	return true;
}

void text_size_format(char out[TEXT_SIZE_SIZE], uint64_t bytes)
{
	static const char *const units_of_1024[] = {"", "k", "m", "g"};
	size_t i = 0;

	for (; bytes && bytes % 1024 == 0 && i < 3; i++)
		bytes /= 1024;
	snprintf(out, TEXT_SIZE_SIZE, "%llu%s", (unsigned long long)bytes,
		 units_of_1024[i]);
}
