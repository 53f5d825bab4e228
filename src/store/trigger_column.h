/* SPDX-License-Identifier: MIT */
/*
 * trigger_column: SQL that turns a column of any type into JSON.
 *
 * The server's own JSON_OBJECT is of no use: the servers write one value in
 * different ways, and some values in a way that is no JSON (padded numbers,
 * bytes). The expressions here give valid JSON for every value, whatever the
 * session's settings are, on MySQL since 5.7 and MariaDB since 10.2:
 *
 *   numbers                        as they are stored, BIT too
 *   DATE, TIME, DATETIME           strings, as they are stored
 *   TIMESTAMP                      a string in UTC: "2027-05-27T08:00:00Z"
 *   BINARY, VARBINARY, BLOB, ...   a string of base64
 *   geometries                     a string, as ST_AsText() writes them
 *   everything else                a string; U+FFFD in place of U+0000
 *   NULL, and TIMESTAMP 0          null
 */
#ifndef HOOKS_TRIGGER_COLUMN_H
#define HOOKS_TRIGGER_COLUMN_H

#include <stdbool.h>

#include "base/buf.h"

enum trigger_kind {
	TRIGGER_TEXT,
	TRIGGER_NUMBER,
	TRIGGER_PADDED, /* a number that is written with zeros before it */
	TRIGGER_BITS,
	TRIGGER_MOMENT, /* in no time zone */
	TRIGGER_STAMP,
	TRIGGER_STAMP_FRACTION,
	TRIGGER_BINARY,
	TRIGGER_BLOB,
	TRIGGER_GEOMETRY,
	TRIGGER_KIND_MAX
};

struct trigger_column {
	const char *name;
	enum trigger_kind kind;
};

/* The kind of a column by data_type and column_type in information_schema, such
 * as "int" and "int(5) unsigned zerofill". */
enum trigger_kind trigger_column_kind(const char *data_type,
				      const char *column_type);

/* Adds an expression for the column's JSON in `row`, "NEW" or "OLD". */
void trigger_column_value(struct buf *out, const struct trigger_column *c,
			  const char *row);
/* Adds an expression that is true if NEW and OLD are the same in every byte, or
 * both NULL. */
void trigger_column_same(struct buf *out, const struct trigger_column *c);

#endif
