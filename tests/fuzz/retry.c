/* SPDX-License-Identifier: MIT */
/*
 * retry: Retry-After, as receivers send it. The wait is within its bounds and
 * the same with blanks around it; seconds are what they say; a date
 * written again means the same, and is nearer when it is later.
 */
#include "fuzz.h"

#include <stdbool.h>

#include "base/text.h"
#include "rules/retry.h"

/* 1970, 1994 in the week of RFC 9110's examples, 2026, the end of 2099. */
static const int64_t nows[] = {0, INT64_C(784111777000), INT64_C(1795000000000),
			       INT64_C(4102444799999)};

/* Only digits. */
static void check_seconds(const char *s, int64_t wait)
{
	uint64_t v;

	while (*s == '0' && s[1])
		s++;
	if (!text_uint(s, RETRY_AFTER_MAX / 1000, &v))
		CHECK(wait == RETRY_AFTER_MAX);
	else
		CHECK(wait == (int64_t)v * 1000);
}

/* As text_mail_time writes it, but for the zone's name. */
static void check_date(const char *value, int64_t now, int64_t wait)
{
	char date[TEXT_MAIL_TIME_SIZE];
	char *zone;

	if (wait <= 0 || wait == RETRY_AFTER_MAX)
		return;
	CHECK((now + wait) % 1000 == 0);
	text_mail_time(date, now + wait);
	zone = strstr(date, "+0000");
	CHECK(zone);
	memcpy(zone, "GMT", sizeof("GMT"));
	CHECK(retry_after(date, now) == wait);
	/* The year of this form depends on what the year is now. */
	if (!strchr(value, '-'))
		CHECK(retry_after(value, now + 1) == wait - 1);
}

static void check(const char *value, int64_t now)
{
	int64_t wait = retry_after(value, now);
	char *blanks;

	CHECK(wait >= RETRY_NONE && wait <= RETRY_AFTER_MAX);
	blanks = xmalloc(strlen(value) + 5);
	snprintf(blanks, strlen(value) + 5, " \t%s\t ", value);
	CHECK(retry_after(blanks, now) == wait);
	free(blanks);
	if (*value && strspn(value, "0123456789") == strlen(value))
		check_seconds(value, wait);
	else
		check_date(value, now, wait);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *value = text;

	for (size_t n = strlen(value); n && is_blank(value[n - 1]); n--)
		value[n - 1] = '\0';
	while (is_blank(*value))
		value++;
	for (size_t i = 0; i < COUNT(nows); i++)
		check(value, nows[i]);
	free(text);
	return 0;
}
