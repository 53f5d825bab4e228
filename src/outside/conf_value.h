/* SPDX-License-Identifier: MIT */
/*
 * conf_value: the types a configuration value can have, each with its way
 * from text and back. Part of conf; nobody else needs it.
 */
#ifndef HOOKS_CONF_VALUE_H
#define HOOKS_CONF_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum conf_type {
	CONF_STRING,   /* char *, owned */
	CONF_SECRET,   /* the same, never printed */
	CONF_UINT,     /* uint64_t */
	CONF_SIZE,     /* uint64_t, bytes; k, m and g in text */
	CONF_DURATION, /* int64_t, milliseconds; "1d12h" in text */
	CONF_FRACTION, /* double */
	CONF_BOOL,     /* bool; yes or no in text */
	CONF_LIST,     /* struct conf_list, owned */
	CONF_SCHEDULE, /* struct conf_schedule */
	CONF_TYPE_MAX
};

/* The bounds of a number, in its own unit. */
struct conf_range {
	int64_t min, max;
};

/* NULL, with the value at `to` replaced; or the text's fault, as the end of a
 * sentence, with `to` left as it was. */
const char *conf_value_parse(enum conf_type type, void *to, const char *text,
			     const struct conf_range *range);
void conf_value_format(enum conf_type type, struct buf *out, const void *from);
/* The type's name: "duration". */
const char *conf_value_type(enum conf_type type);
/* Whether values of the type are within bounds; a bound as it would stand in a
 * file; and what may stand there, as a sentence (nothing for a plain text). */
bool conf_value_is_bounded(enum conf_type type);
void conf_value_bound(enum conf_type type, struct buf *out, int64_t bound);
void conf_value_describe(enum conf_type type, struct buf *out,
			 const struct conf_range *range);
void conf_value_release(enum conf_type type, void *value);

#endif
