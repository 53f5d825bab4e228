/* SPDX-License-Identifier: MIT */
/*
 * conf_value: one parse and one format function a type, in a table.
 */
#include "outside/conf_value.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "outside/conf.h"

typedef const char *parse_fn(void *to, const char *text,
			     const struct conf_range *range);

static const char *parse_string(void *to, const char *text,
				const struct conf_range *range)
{
	char **s = to;

	(void)range;
	free(*s);
	*s = xstrdup(text);
	return NULL;
}

static bool within(const struct conf_range *range, uint64_t v)
{
	return v <= INT64_MAX && (int64_t)v >= range->min &&
	       (int64_t)v <= range->max;
}

static const char *parse_uint(void *to, const char *text,
			      const struct conf_range *range)
{
	uint64_t v;

	if (!text_uint(text, UINT64_MAX, &v))
		return "is not a whole number";
	if (!within(range, v))
		return "is out of range";
	memcpy(to, &v, sizeof(v));
	return NULL;
}

static const char *parse_size(void *to, const char *text,
			      const struct conf_range *range)
{
	uint64_t v;

	if (!text_size(text, &v))
		return "is not a size such as 500, 16k or 1m";
	if (!within(range, v))
		return "is out of range";
	memcpy(to, &v, sizeof(v));
	return NULL;
}

static const char *parse_duration(void *to, const char *text,
				  const struct conf_range *range)
{
	int64_t v;

	if (!text_duration(text, &v))
		return "is not a duration such as 55s, 5m, 2h or 30d";
	if (!within(range, (uint64_t)v))
		return "is out of range";
	memcpy(to, &v, sizeof(v));
	return NULL;
}

static const char *parse_fraction(void *to, const char *text,
				  const struct conf_range *range)
{
	char *end;
	double v = strtod(text, &end);

	/* strtod(3) also reads blanks, signs and words. */
	if ((!isdigit((unsigned char)*text) && *text != '.') || end == text ||
	    *end)
		return "is not a number such as 0.2";
	if (!(v >= (double)range->min && v <= (double)range->max))
		return "is out of range";
	memcpy(to, &v, sizeof(v));
	return NULL;
}

static const char *parse_bool(void *to, const char *text,
			      const struct conf_range *range)
{
	static const char *const yes[] = {"yes", "true", "on", "1"};
	static const char *const no[] = {"no", "false", "off", "0"};
	bool *b = to;

	(void)range;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
			*b = text[0] == yes[i][0] && strcmp(text, yes[i]) == 0;
			return NULL;
		}
	}
	return "is neither yes nor no";
}

static void list_release(struct conf_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->word[i]);
	free(l->word);
	*l = (struct conf_list){0};
}

static const char *parse_list(void *to, const char *text,
			      const struct conf_range *range)
{
	static const char blank[] = " \t,";
	struct conf_list *l = to;

	(void)range;
	list_release(l);
	for (text += strspn(text, blank); *text; text += strspn(text, blank)) {
		size_t n = strcspn(text, blank);
		char *word = xmalloc(n + 1);

		memcpy(word, text, n);
		word[n] = '\0';
		l->word = xrealloc(l->word, (l->count + 1) * sizeof(*l->word));
		l->word[l->count++] = word;
		text += n;
	}
	return NULL;
}

static const char *parse_schedule(void *to, const char *text,
				  const struct conf_range *range)
{
	struct conf_list words = {0};
	struct conf_schedule s = {.count = 0};
	const char *why = NULL;

	parse_list(&words, text, range);
	if (words.count > CONF_SCHEDULE_MAX)
		why = "has more than 32 delays";
	for (size_t i = 0; !why && i < words.count; i++)
		why = parse_duration(&s.delay[s.count++], words.word[i], range);
	list_release(&words);
	if (!why)
		memcpy(to, &s, sizeof(s));
	return why;
}

/* ---- and back ---- */

typedef void format_fn(struct buf *out, const void *from);

static void format_string(struct buf *out, const void *from)
{
	const char *s;

	memcpy(&s, from, sizeof(s));
	buf_puts(out, s);
}

static void format_secret(struct buf *out, const void *from)
{
	const char *s;

	memcpy(&s, from, sizeof(s));
	buf_puts(out, *s ? "***" : "");
}

static void format_uint(struct buf *out, const void *from)
{
	uint64_t v;

	memcpy(&v, from, sizeof(v));
	buf_printf(out, "%llu", (unsigned long long)v);
}

static void format_size(struct buf *out, const void *from)
{
	uint64_t v;

	memcpy(&v, from, sizeof(v));
	if (v && v % (1024 * 1024) == 0)
		buf_printf(out, "%llum",
			   (unsigned long long)(v / (1024 * 1024)));
	else if (v && v % 1024 == 0)
		buf_printf(out, "%lluk", (unsigned long long)(v / 1024));
	else
		buf_printf(out, "%llu", (unsigned long long)v);
}

static void format_duration(struct buf *out, const void *from)
{
	char text[TEXT_DURATION_SIZE];
	int64_t v;

	memcpy(&v, from, sizeof(v));
	text_duration_format(text, v);
	buf_puts(out, text);
}

static void format_fraction(struct buf *out, const void *from)
{
	double v;

	memcpy(&v, from, sizeof(v));
	buf_printf(out, "%g", v);
}

static void format_bool(struct buf *out, const void *from)
{
	bool v;

	memcpy(&v, from, sizeof(v));
	buf_puts(out, v ? "yes" : "no");
}

static void format_list(struct buf *out, const void *from)
{
	struct conf_list l;

	memcpy(&l, from, sizeof(l));
	for (size_t i = 0; i < l.count; i++)
		buf_printf(out, "%s%s", i ? " " : "", l.word[i]);
}

static void format_schedule(struct buf *out, const void *from)
{
	struct conf_schedule s;

	memcpy(&s, from, sizeof(s));
	for (size_t i = 0; i < s.count; i++) {
		if (i)
			buf_putc(out, ' ');
		format_duration(out, &s.delay[i]);
	}
}

static const struct {
	parse_fn *parse;
	format_fn *format;
} types[CONF_TYPE_MAX] = {
	[CONF_STRING] = {parse_string, format_string},
	[CONF_SECRET] = {parse_string, format_secret},
	[CONF_UINT] = {parse_uint, format_uint},
	[CONF_SIZE] = {parse_size, format_size},
	[CONF_DURATION] = {parse_duration, format_duration},
	[CONF_FRACTION] = {parse_fraction, format_fraction},
	[CONF_BOOL] = {parse_bool, format_bool},
	[CONF_LIST] = {parse_list, format_list},
	[CONF_SCHEDULE] = {parse_schedule, format_schedule},
};

const char *conf_value_parse(enum conf_type type, void *to, const char *text,
			     const struct conf_range *range)
{
	return types[type].parse(to, text, range);
}

void conf_value_format(enum conf_type type, struct buf *out, const void *from)
{
	types[type].format(out, from);
}

void conf_value_release(enum conf_type type, void *value)
{
	char **s = value;

	if (type == CONF_LIST) {
		list_release(value);
	} else if (type == CONF_STRING || type == CONF_SECRET) {
		free(*s);
		*s = NULL;
	}
}
