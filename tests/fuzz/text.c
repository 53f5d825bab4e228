/* SPDX-License-Identifier: MIT */
/*
 * text: each reader of small texts on the same input, and each way back: a
 * value that was read and is written again reads as the same value, and written
 * ones read back. Bytes go through hexadecimal, base64 and UTF-8.
 */
#include "fuzz.h"

#include <ctype.h>

#include "base/text.h"
#include "outside/crypt.h"

/* ---- numbers ---- */

static void check_uint(const char *s)
{
	static const uint64_t limits[] = {0, 9, 255, UINT64_MAX};
	char again[24];
	uint64_t v, all;
	bool ok = text_uint(s, UINT64_MAX, &all);

	for (size_t i = 0; i < COUNT(limits); i++)
		CHECK(text_uint(s, limits[i], &v) == (ok && all <= limits[i]));
	if (!ok)
		return;
	snprintf(again, sizeof(again), "%llu", (unsigned long long)all);
	CHECK(strspn(s, "0123456789") == strlen(s));
	CHECK(strcmp(s + strspn(s, "0"), all ? again : "") == 0);
}

static void check_duration_ms(int64_t ms)
{
	char text[TEXT_DURATION_SIZE];
	int64_t again;

	text_duration_format(text, ms);
	CHECK(strlen(text) < sizeof(text));
	CHECK(text_duration(text, &again) && again == ms);
}

static void check_duration(const char *s)
{
	int64_t ms;

	if (!text_duration(s, &ms))
		return;
	CHECK(ms >= 0 && ms <= INT64_C(3153600000000));
	CHECK(isdigit((unsigned char)*s));
	check_duration_ms(ms);
}

static void check_size(const char *s)
{
	uint64_t bytes, plain;
	char text[TEXT_SIZE_SIZE];

	if (!text_size(s, &bytes))
		return;
	CHECK(bytes <= UINT64_C(1) << 50);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)bytes);
	CHECK(text_size(text, &plain) && plain == bytes);
	text_size_format(text, bytes);
	CHECK(text_size(text, &plain) && plain == bytes);
}

/* ---- times ---- */

static void check_time_ms(int64_t ms)
{
	char text[TEXT_TIME_SIZE], mail[TEXT_MAIL_TIME_SIZE];
	int64_t again, once_more;

	text_time(text, ms);
	CHECK(strlen(text) == TEXT_TIME_SIZE - 1);
	CHECK(text_time_parse(text, &again));
	/* Beyond the years that can be written the nearest one is. */
	if (again != ms)
		CHECK(strncmp(text, "0000-01-01", 10) == 0 ||
		      strncmp(text, "9999-12-31", 10) == 0);
	text_time(text, again);
	CHECK(text_time_parse(text, &once_more) && once_more == again);
	text_mail_time(mail, ms);
	CHECK(strlen(mail) == strlen("Thu, 27 May 2021 08:03:53 +0000"));
}

static void check_time(const char *s)
{
	int64_t ms;

	if (!text_time_parse(s, &ms))
		return;
	CHECK(strlen(s) >= strlen("2021-05-27"));
	check_time_ms(ms);
}

/* ---- bytes ---- */

static void check_hex(const uint8_t *data, size_t size)
{
	char *text = xmalloc(2 * size + 1);
	uint8_t *back = xmalloc(size);

	text_hex(text, data, size);
	CHECK(strlen(text) == 2 * size);
	CHECK(text_unhex(back, size, text, 2 * size));
	CHECK(!size || memcmp(back, data, size) == 0);
	CHECK(!text_unhex(back, size, text, 2 * size + 1));
	if (size % 2 == 0 &&
	    text_unhex(back, size / 2, (const char *)data, size)) {
		text_hex(text, back, size / 2);
		for (size_t i = 0; i < size; i++)
			CHECK(text[i] == tolower(data[i]));
	}
	free(back);
	free(text);
}

static void check_base64(const uint8_t *data, size_t size)
{
	char text[CRYPT_BASE64_SIZE(192)];
	uint8_t back[192];
	size_t n;

	if (crypt_unbase64(back, sizeof(back), &n, (const char *)data, size)) {
		crypt_base64(text, back, n);
		CHECK(strlen(text) == size && memcmp(text, data, size) == 0);
		CHECK(!n || !crypt_unbase64(back, n - 1, &n, (const char *)data,
					    size));
	}
	if (size > sizeof(back))
		return;
	crypt_base64(text, data, size);
	CHECK(crypt_unbase64(back, sizeof(back), &n, text, strlen(text)));
	CHECK(n == size && (!n || memcmp(back, data, n) == 0));
}

/* Written the one right way; a surrogate or more than U+10FFFF has none. */
static size_t encode(uint32_t v, char out[4])
{
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t n = v < 0x80 ? 1 : v < 0x800 ? 2 : v < 0x10000 ? 3 : 4;

	CHECK(v <= 0x10ffff && (v < 0xd800 || v > 0xdfff));
	for (size_t i = n; i-- > 1; v >>= 6)
		out[i] = (char)(0x80 | (v & 0x3f));
	out[0] = (char)(lead[n] | v);
	return n;
}

static void check_utf8(const char *s, size_t len)
{
	size_t at = 0, n = 1;
	uint32_t point;
	char again[4];

	for (; at < len; at += n) {
		n = text_utf8(s + at, len - at, &point);
		if (!n)
			break;
		CHECK(n <= len - at && encode(point, again) == n);
		CHECK(memcmp(again, s + at, n) == 0);
	}
	CHECK(text_is_utf8(s, len) == (at == len));
	CHECK(text_is_utf8(s, at));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *s = fuzz_text(data, size);
	int64_t ms;

	check_uint(s);
	check_duration(s);
	check_size(s);
	check_time(s);
	check_hex(data, size);
	check_base64(data, size);
	check_utf8((const char *)data, size);
	if (size == sizeof(ms)) {
		memcpy(&ms, data, sizeof(ms));
		check_time_ms(ms);
		check_duration_ms(ms < 0 ? 0 : ms % INT64_C(3153600000000));
	}
	free(s);
	return 0;
}
