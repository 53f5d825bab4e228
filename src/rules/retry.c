/* SPDX-License-Identifier: MIT */
/*
 * retry: schedules, HTTP dates and the growing suspension of a lane.
 */
#include "rules/retry.h"

#include <string.h>

#include "base/text.h"

#define SUSPENSION_FIRST INT64_C(1000)
#define SUSPENSION_JITTER 0.2

static int64_t add_jitter(int64_t delay, double jitter, double fraction)
{
	return delay + (int64_t)((double)delay * jitter * fraction);
}

int64_t retry_delay(const int64_t *schedule_ms, size_t count, unsigned tries,
		    double jitter, double fraction)
{
	if (tries < 1 || tries > count)
		return RETRY_NONE;
	return add_jitter(schedule_ms[tries - 1], jitter, fraction);
}

int64_t retry_longest(const int64_t *schedule_ms, size_t count, double jitter,
		      bool asked)
{
	int64_t longest = 0;

	for (size_t i = 0; i < count; i++)
		if (schedule_ms[i] > longest)
			longest = schedule_ms[i];
	longest = add_jitter(longest, jitter, 1);
	return asked && longest < RETRY_AFTER_MAX ? RETRY_AFTER_MAX : longest;
}

int64_t retry_suspension(unsigned failures, double fraction)
{
	int64_t delay = SUSPENSION_FIRST;

	if (!failures)
		return 0;
	while (--failures && delay < RETRY_SUSPENSION_MAX)
		delay *= 2;
	if (delay > RETRY_SUSPENSION_MAX)
		delay = RETRY_SUSPENSION_MAX;
	return add_jitter(delay, SUSPENSION_JITTER, fraction);
}

/* A place in a text: each reader below moves past the text it recognises. */
struct cursor {
	const char *s;
	const char *end;
};

struct date {
	unsigned year, month, day, hour, minute, second;
};

static bool date_skip(struct cursor *c, const char *literal)
{
	size_t n = strlen(literal);

	if ((size_t)(c->end - c->s) < n || memcmp(c->s, literal, n) != 0)
		return false;
	c->s += n;
	return true;
}

/* Exactly `n` digits. */
static bool date_digits(struct cursor *c, size_t n, unsigned *out)
{
	unsigned v = 0;

	if ((size_t)(c->end - c->s) < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (c->s[i] < '0' || c->s[i] > '9')
			return false;
		v = v * 10 + (unsigned)(c->s[i] - '0');
	}
	c->s += n;
	*out = v;
	return true;
}

/* One of the words; gives its 1-based position in the list. */
static bool date_word(struct cursor *c, const char *const *words, size_t count,
		      unsigned *out)
{
	for (size_t i = 0; i < count; i++) {
		if (date_skip(c, words[i])) {
			*out = (unsigned)i + 1;
			return true;
		}
	}
	return false;
}

static bool month(struct cursor *c, unsigned *out)
{
	static const char *const names[] = {"Jan", "Feb", "Mar", "Apr",
					    "May", "Jun", "Jul", "Aug",
					    "Sep", "Oct", "Nov", "Dec"};

	return date_word(c, names, sizeof(names) / sizeof(names[0]), out);
}

static bool day_name(struct cursor *c)
{
	static const char *const names[] = {"Mon", "Tue", "Wed", "Thu",
					    "Fri", "Sat", "Sun"};
	unsigned which;

	return date_word(c, names, sizeof(names) / sizeof(names[0]), &which);
}

static bool long_day_name(struct cursor *c)
{
	static const char *const names[] = {"Monday",	"Tuesday", "Wednesday",
					    "Thursday", "Friday",  "Saturday",
					    "Sunday"};
	unsigned which;

	return date_word(c, names, sizeof(names) / sizeof(names[0]), &which);
}

static bool time_of_day(struct cursor *c, struct date *d)
{
	return date_digits(c, 2, &d->hour) && date_skip(c, ":") &&
	       date_digits(c, 2, &d->minute) && date_skip(c, ":") &&
	       date_digits(c, 2, &d->second);
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
static bool imf_date(struct cursor c, int64_t now_ms, struct date *d)
{
	(void)now_ms;
	return day_name(&c) && date_skip(&c, ", ") &&
	       date_digits(&c, 2, &d->day) && date_skip(&c, " ") &&
	       month(&c, &d->month) && date_skip(&c, " ") &&
	       date_digits(&c, 4, &d->year) && date_skip(&c, " ") &&
	       time_of_day(&c, d) && date_skip(&c, " GMT") && c.s == c.end;
}

/* Two digits of a year, read as the year at most 50 years ahead and less
 * than 50 back (RFC 9110 5.6.7 settles only the first). */
static unsigned full_year(unsigned two, int64_t now_ms)
{
	char now[TEXT_TIME_SIZE];
	struct cursor c = {now, now + 4};
	unsigned current = 0, year;

	text_time(now, now_ms);
	date_digits(&c, 4, &current);
	year = current / 100 * 100 + two;
	if (year > current + 50)
		year -= 100;
	else if (year + 50 <= current)
		year += 100;
	return year;
}

/* Sunday, 06-Nov-94 08:49:37 GMT */
static bool rfc850_date(struct cursor c, int64_t now_ms, struct date *d)
{
	unsigned two;

	if (!long_day_name(&c) || !date_skip(&c, ", ") ||
	    !date_digits(&c, 2, &d->day) || !date_skip(&c, "-") ||
	    !month(&c, &d->month) || !date_skip(&c, "-") ||
	    !date_digits(&c, 2, &two))
		return false;
	d->year = full_year(two, now_ms);
	return date_skip(&c, " ") && time_of_day(&c, d) &&
	       date_skip(&c, " GMT") && c.s == c.end;
}

/* Sun Nov  6 08:49:37 1994 */
static bool asctime_date(struct cursor c, int64_t now_ms, struct date *d)
{
	(void)now_ms;
	return day_name(&c) && date_skip(&c, " ") && month(&c, &d->month) &&
	       date_skip(&c, " ") &&
	       (date_skip(&c, " ") ? date_digits(&c, 1, &d->day)
				   : date_digits(&c, 2, &d->day)) &&
	       date_skip(&c, " ") && time_of_day(&c, d) && date_skip(&c, " ") &&
	       date_digits(&c, 4, &d->year) && c.s == c.end;
}

static int64_t date_ms(const struct date *d)
{
	unsigned second = d->second > 59 ? 59 : d->second;

	return text_civil_ms((int)d->year, d->month, d->day, d->hour, d->minute,
			     second, 0);
}

/* A 60th second may be a leap second; all other fields must exist, which for
 * the day is shown by converting it back through the calendar. */
static bool date_exists(const struct date *d)
{
	char text[TEXT_TIME_SIZE];
	struct cursor c = {text + 8, text + 10};
	unsigned day = 0;

	if (d->hour > 23 || d->minute > 59 || d->second > 60 || d->day < 1 ||
	    d->day > 31)
		return false;
	text_time(text, date_ms(d));
	return date_digits(&c, 2, &day) && day == d->day;
}

static bool any_date(struct cursor c, int64_t now_ms, int64_t *ms)
{
	static bool (*const forms[])(struct cursor, int64_t, struct date *) = {
		imf_date, rfc850_date, asctime_date};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct date d = {0};

		if (!forms[i](c, now_ms, &d))
			continue;
		if (!date_exists(&d))
			return false;
		*ms = date_ms(&d);
		return true;
	}
	return false;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct cursor trimmed(const char *s)
{
	struct cursor c = {s, s + strlen(s)};

	while (c.s < c.end && blank(*c.s))
		c.s++;
	while (c.end > c.s && blank(c.end[-1]))
		c.end--;
	return c;
}

/* Digits only; a number of any length is read, because it is clamped. */
static bool seconds(struct cursor c, int64_t *ms)
{
	int64_t v = 0;

	if (c.s == c.end)
		return false;
	for (; c.s < c.end; c.s++) {
		if (*c.s < '0' || *c.s > '9')
			return false;
		v = v * 10 + (*c.s - '0');
		if (v > RETRY_AFTER_MAX)
			v = RETRY_AFTER_MAX;
	}
	*ms = v * 1000;
	return true;
}

int64_t retry_after(const char *value, int64_t now_ms)
{
	struct cursor c;
	int64_t ms;

	if (!value)
		return RETRY_NONE;
	c = trimmed(value);
	if (!seconds(c, &ms)) {
		if (!any_date(c, now_ms, &ms))
			return RETRY_NONE;
		ms -= now_ms;
	}
	if (ms < 0)
		return 0;
	return ms > RETRY_AFTER_MAX ? RETRY_AFTER_MAX : ms;
}
