/* SPDX-License-Identifier: MIT */
/*
 * trigger_column: the two expressions of each kind of column.
 */
#include "store/trigger_column.h"

#include <stddef.h>
#include <string.h>

#include "rules/identifier.h"

/* An @ stands for the column. */
struct form {
	const char *json;     /* NULL when the column is NULL */
	const char *compared; /* equal if the values are */
};

/* MySQL 5.7 takes NULL for a 0 when the column has fractions of a second. */
#define STAMP(format)                                                          \
	"IF(UNIX_TIMESTAMP(@) > 0, DATE_FORMAT('1970-01-01' + INTERVAL "       \
	"UNIX_TIMESTAMP(@) SECOND, '\"" format "\"'), NULL)"
/* TO_BASE64() breaks its lines. */
#define BASE64                                                                 \
	"CONCAT('\"', REPLACE(TO_BASE64(@), CHAR(10 USING utf8mb4), ''), "     \
	"'\"')"

/*
 * Functions give NULL for NULL. Texts are compared as bytes, because a
 * collation has letters that are equal; a TIMESTAMP is the number of seconds,
 * because the session's time may have an hour twice.
 */
static const struct form forms[TRIGGER_KIND_MAX] = {
	[TRIGGER_TEXT] = {"JSON_QUOTE(REPLACE(CONVERT(@ USING utf8mb4), "
			  "CHAR(0 USING utf8mb4), _utf8mb4 0xEFBFBD))",
			  "CAST(@ AS BINARY)"},
	[TRIGGER_NUMBER] = {"@", "@"},
	[TRIGGER_PADDED] = {"@ + 0", "@"},
	[TRIGGER_BITS] = {"CAST(@ AS UNSIGNED)", "@"},
	[TRIGGER_MOMENT] = {"CONCAT('\"', @, '\"')", "@"},
	[TRIGGER_STAMP] = {STAMP("%Y-%m-%dT%H:%i:%sZ"), "UNIX_TIMESTAMP(@)"},
	[TRIGGER_STAMP_FRACTION] = {STAMP("%Y-%m-%dT%H:%i:%s.%fZ"),
				    "UNIX_TIMESTAMP(@)"},
	[TRIGGER_BINARY] = {BASE64, "@"},
	[TRIGGER_BLOB] = {BASE64, "@"},
	[TRIGGER_GEOMETRY] = {"JSON_QUOTE(CONVERT(ST_AsText(@) USING "
			      "utf8mb4))",
			      "ST_AsText(@)"},
};

static const struct {
	const char *data_type;
	enum trigger_kind kind;
} types[] = {
	{"tinyint", TRIGGER_NUMBER},
	{"smallint", TRIGGER_NUMBER},
	{"mediumint", TRIGGER_NUMBER},
	{"int", TRIGGER_NUMBER},
	{"bigint", TRIGGER_NUMBER},
	{"decimal", TRIGGER_NUMBER},
	{"float", TRIGGER_NUMBER},
	{"double", TRIGGER_NUMBER},
	{"year", TRIGGER_PADDED},
	{"bit", TRIGGER_BITS},
	{"date", TRIGGER_MOMENT},
	{"time", TRIGGER_MOMENT},
	{"datetime", TRIGGER_MOMENT},
	{"timestamp", TRIGGER_STAMP},
	{"binary", TRIGGER_BINARY},
	{"varbinary", TRIGGER_BINARY},
	{"tinyblob", TRIGGER_BLOB},
	{"blob", TRIGGER_BLOB},
	{"mediumblob", TRIGGER_BLOB},
	{"longblob", TRIGGER_BLOB},
	{"vector", TRIGGER_BLOB},
	{"geometry", TRIGGER_GEOMETRY},
	{"point", TRIGGER_GEOMETRY},
	{"linestring", TRIGGER_GEOMETRY},
	{"polygon", TRIGGER_GEOMETRY},
	{"multipoint", TRIGGER_GEOMETRY},
	{"multilinestring", TRIGGER_GEOMETRY},
	{"multipolygon", TRIGGER_GEOMETRY},
	{"geometrycollection", TRIGGER_GEOMETRY},
	{"geomcollection", TRIGGER_GEOMETRY},
};

enum trigger_kind trigger_column_kind(const char *data_type,
				      const char *column_type)
{
	enum trigger_kind kind = TRIGGER_TEXT;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].data_type, data_type) == 0)
			kind = types[i].kind;
	if (kind == TRIGGER_NUMBER && strstr(column_type, "zerofill"))
		return TRIGGER_PADDED;
	if (kind == TRIGGER_STAMP && strchr(column_type, '('))
		return TRIGGER_STAMP_FRACTION;
	return kind;
}

static void put_form(struct buf *out, const char *form,
		     const struct trigger_column *c, const char *row)
{
	for (; *form; form++) {
		if (*form != '@') {
			buf_putc(out, *form);
			continue;
		}
		buf_printf(out, "%s.", row);
		identifier_put(out, c->name);
	}
}

void trigger_column_value(struct buf *out, const struct trigger_column *c,
			  const char *row)
{
	buf_puts(out, "IFNULL(");
	put_form(out, forms[c->kind].json, c, row);
	buf_puts(out, ", 'null')");
}

void trigger_column_same(struct buf *out, const struct trigger_column *c)
{
	put_form(out, forms[c->kind].compared, c, "NEW");
	buf_puts(out, " <=> ");
	put_form(out, forms[c->kind].compared, c, "OLD");
}
