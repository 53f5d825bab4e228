/* SPDX-License-Identifier: MIT */
/*
 * conf_value: a configuration's values, of each type. A refused text leaves the
 * value unchanged; an accepted one is within its bounds, and its printed form
 * is read as the same value. Also mail addresses and servers.
 */
#include "fuzz.h"

#include "outside/conf.h"
#include "outside/conf_mail.h"
#include "outside/conf_value.h"

enum { TEXT_MAX = 1024 * 1024 };

union value {
	char *text;
	uint64_t number;
	int64_t ms;
	double fraction;
	bool yes;
	struct conf_list list;
	struct conf_schedule schedule;
};

static const struct conf_range range = {0, 86400000};

static void format(enum conf_type type, const union value *v, struct buf *out)
{
	buf_init(out, TEXT_MAX);
	conf_value_format(type, out, v);
	CHECK(!out->overflow);
}

static void check_bounds(enum conf_type type, const union value *v)
{
	if (type == CONF_UINT || type == CONF_SIZE)
		CHECK(v->number <= (uint64_t)range.max);
	if (type == CONF_DURATION)
		CHECK(v->ms >= 0 && v->ms <= range.max);
	if (type == CONF_FRACTION)
		CHECK(v->fraction >= 0 && v->fraction <= (double)range.max);
	if (type != CONF_SCHEDULE)
		return;
	CHECK(v->schedule.count <= CONF_SCHEDULE_MAX);
	for (size_t i = 0; i < v->schedule.count; i++)
		CHECK(v->schedule.delay[i] >= 0 &&
		      v->schedule.delay[i] <= range.max);
}

static void check_repeat(enum conf_type type, const union value *v)
{
	union value again;
	struct buf first, second;

	memset(&again, 0, sizeof(again));
	format(type, v, &first);
	CHECK(!conf_value_parse(type, &again, first.data, &range));
	format(type, &again, &second);
	CHECK(strcmp(first.data, second.data) == 0);
	if (type == CONF_SECRET)
		CHECK(strcmp(first.data, *v->text ? "***" : "") == 0);
	conf_value_release(type, &again);
	buf_release(&first);
	buf_release(&second);
}

static void check(enum conf_type type, const char *text)
{
	union value v, before;

	memset(&v, 0, sizeof(v));
	memset(&before, 0, sizeof(before));
	if (conf_value_parse(type, &v, text, &range)) {
		CHECK(memcmp(&v, &before, sizeof(v)) == 0);
	} else {
		check_bounds(type, &v);
		check_repeat(type, &v);
	}
	conf_value_release(type, &v);
}

static void check_mail(const char *text)
{
	if (!conf_mail_address(text)) {
		const char *at = strchr(text, '@');

		CHECK(at && at != text && at[1] && !strchr(at + 1, '@'));
		CHECK(!strpbrk(text, " \t\r\n<>,;:\""));
	}
	if (!conf_mail_server(text))
		CHECK(strncmp(text, "smtp", 4) == 0 &&
		      !strpbrk(text, "@ \t\r\n"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	for (enum conf_type type = 0; type < CONF_TYPE_MAX; type++)
		check(type, text);
	check_mail(text);
	free(text);
	return 0;
}
