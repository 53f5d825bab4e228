/* SPDX-License-Identifier: MIT */
/*
 * valid: the rules for single fields. An accepted text cannot break a header, a
 * line of the command line's output or a log; the case of a header's name does
 * not matter.
 */
#include "fuzz.h"

#include <ctype.h>
#include <stdbool.h>

#include "base/text.h"
#include "rules/publishable.h"
#include "rules/valid.h"

static bool has_byte_below(const char *s, size_t len, unsigned char limit)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < limit || s[i] == 0x7f)
			return true;
	return false;
}

/* ESC, CSI and their like, which terminals obey. */
static bool has_control(const char *s, size_t len, const char *but)
{
	uint32_t point;
	size_t n = 0;

	for (size_t at = 0; at < len; at += n) {
		n = text_utf8(s + at, len - at, &point);
		CHECK(n);
		if (point < 0x20 && point && strchr(but, (int)point))
			continue;
		if (point < 0x20 || (point >= 0x7f && point < 0xa0))
			return true;
	}
	return false;
}

static void check_header_name(const char *s, size_t len)
{
	const char *why = valid_header_name(s, len);
	char *upper = xmemdup(s, len);

	for (size_t i = 0; i < len; i++)
		upper[i] = (char)toupper((unsigned char)s[i]);
	CHECK(valid_header_name(upper, len) == why);
	free(upper);
	if (why)
		return;
	CHECK(len && len <= VALID_HEADER_NAME_MAX);
	CHECK(!memchr(s, ':', len) && !memchr(s, ';', len));
	CHECK(!has_byte_below(s, len, 0x21));
	CHECK(len != 4 || memcmp(s, "Host", 4) != 0);
	CHECK(len < 8 || memcmp(s, "webhook-", 8) != 0);
}

static void check_header_value(const char *s, size_t len)
{
	if (valid_header_value(s, len))
		return;
	CHECK(len <= VALID_HEADER_VALUE_MAX && text_is_utf8(s, len));
	CHECK(!has_byte_below(s, len, 0x20));
	CHECK(!len || (s[0] != ' ' && s[len - 1] != ' '));
}

static void check_texts(const char *s, size_t len)
{
	if (!valid_description(s, len)) {
		CHECK(len <= 4 * VALID_DESCRIPTION_MAX);
		CHECK(!has_control(s, len, "\t\r\n"));
	}
	if (!valid_name(s, len)) {
		CHECK(len && len <= 4 * VALID_NAME_MAX);
		CHECK(!has_control(s, len, ""));
		CHECK(!valid_description(s, len));
	}
}

static void check_words(const char *s, size_t len)
{
	if (!valid_idempotency_key(s, len)) {
		CHECK(len && len <= VALID_IDEMPOTENCY_MAX);
		CHECK(!has_byte_below(s, len, 0x20));
		CHECK(text_is_utf8(s, len));
	}
	if (!valid_user(s, len)) {
		CHECK(len && len <= VALID_USER_MAX && text_is_utf8(s, len));
		CHECK(!has_control(s, len, ""));
	}
}

/* A row that came by SQL: a refusal has a sentence that fits. */
static void check_resource(const char *s, size_t len)
{
	char why[PUBLISHABLE_WHY_SIZE] = "";
	bool ok = publishable_resource(s, len, 100, why);

	CHECK(ok == !*why && strlen(why) < sizeof(why));
	CHECK(!ok || len <= 100);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;

	check_header_name(s, size);
	check_header_value(s, size);
	check_texts(s, size);
	check_words(s, size);
	check_resource(s, size);
	return 0;
}
