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
#include "outside/crypt.h"

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
		return "is not a size such as 500, 16k, 1m or 10g";
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
		return "is not a duration such as 55s, 5m, 1h30m or 30d";
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
	char text[TEXT_SIZE_SIZE];
	uint64_t v;

	memcpy(&v, from, sizeof(v));
	text_size_format(text, v);
	buf_puts(out, text);
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

/* ---- what may stand in a file ---- */

typedef void bound_fn(struct buf *out, int64_t bound);

static void bound_number(struct buf *out, int64_t bound)
{
	buf_printf(out, "%lld", (long long)bound);
}

static void bound_size(struct buf *out, int64_t bound)
{
	uint64_t v = (uint64_t)bound;

	format_size(out, &v);
}

static void bound_duration(struct buf *out, int64_t bound)
{
	format_duration(out, &bound);
}

static const struct {
	const char *name, *kind; /* the kind begins a sentence */
	parse_fn *parse;
	format_fn *format;
	bound_fn *bound; /* NULL: without bounds */
} types[CONF_TYPE_MAX] = {
	[CONF_STRING] = {"text", NULL, parse_string, format_string, NULL},
	[CONF_SECRET] = {"secret", NULL, parse_string, format_secret, NULL},
	[CONF_UINT] = {"number", "A number", parse_uint, format_uint,
		       bound_number},
	[CONF_SIZE] = {"size", "A size in bytes", parse_size, format_size,
		       bound_size},
	[CONF_DURATION] = {"duration", "A duration", parse_duration,
			   format_duration, bound_duration},
	[CONF_FRACTION] = {"fraction", "A fraction", parse_fraction,
			   format_fraction, bound_number},
	[CONF_BOOL] = {"boolean", "`yes` or `no`", parse_bool, format_bool,
		       NULL},
	[CONF_LIST] = {"list", NULL, parse_list, format_list, NULL},
	[CONF_SCHEDULE] = {"schedule", "At most 32 durations, each",
			   parse_schedule, format_schedule, bound_duration},
};

_Static_assert((int)CONF_SCHEDULE_MAX == 32, "a text above says so");

const char *conf_value_parse(enum conf_type type, void *to, const char *text,
			     const struct conf_range *range)
{
	return types[type].parse(to, text, range);
}

void conf_value_format(enum conf_type type, struct buf *out, const void *from)
{
	types[type].format(out, from);
}

const char *conf_value_type(enum conf_type type)
{
	return types[type].name;
}

bool conf_value_is_bounded(enum conf_type type)
{
	return types[type].bound != NULL;
}

void conf_value_bound(enum conf_type type, struct buf *out, int64_t bound)
{
	types[type].bound(out, bound);
}

void conf_value_describe(enum conf_type type, struct buf *out,
			 const struct conf_range *range)
{
	if (!types[type].kind)
		return;
	buf_puts(out, types[type].kind);
	if (types[type].bound) {
		buf_puts(out, " from ");
		conf_value_bound(type, out, range->min);
		buf_puts(out, " to ");
		conf_value_bound(type, out, range->max);
	}
	buf_putc(out, '.');
}

void conf_value_release(enum conf_type type, void *value)
{
	char **s = value;

	if (type == CONF_LIST) {
		list_release(value);
	} else if (type == CONF_STRING || type == CONF_SECRET) {
		if (type == CONF_SECRET && *s)
			crypt_wipe(*s, strlen(*s));
		free(*s);
		*s = NULL;
	}
}
