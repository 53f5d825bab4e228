/* SPDX-License-Identifier: MIT */
/*
 * trigger: the statements, line by line.
 *
 * Lines begin with spaces, because the client programs take a tab that is
 * pasted into them as a wish for completion.
 */
#include "store/trigger.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "outside/crypt.h"
#include "rules/identifier.h"

enum {
	NAME_MAX_BYTES = TRIGGER_NAME_SIZE - 1,
	HASH_BYTES = 3,
	LITERAL_MAX = 1024 /* a column's name as JSON */
};

static const struct {
	const char *name, *verb;
	const char *new, *old; /* aliases */
} events[TRIGGER_EVENT_MAX] = {
	[TRIGGER_INSERT] = {"insert", "INSERT", "NEW", "vh_none"},
	[TRIGGER_UPDATE] = {"update", "UPDATE", "NEW", "OLD"},
	[TRIGGER_DELETE] = {"delete", "DELETE", "vh_none", "OLD"},
};

/* The texts before and after an expression, which may end with a comment. */
static const struct {
	const char *column, *before, *after;
} extras[TRIGGER_EXTRA_MAX] = {
	[TRIGGER_USER] = {"user", "(", ")"},
	/* This is rejected, with a reason. */
	[TRIGGER_DELIVER_AT] = {"deliver_at", "IFNULL((", "), '0000-00-00')"},
	[TRIGGER_EXPIRES_AT] = {"expires_at", "(", ")"},
	[TRIGGER_REPLACE_KEY] = {"replace_key", "(", ")"},
	[TRIGGER_CANCELS] = {"cancels", "(", ")"},
};

bool trigger_event_parse(const char *text, enum trigger_event *out)
{
	for (enum trigger_event e = 0; e < TRIGGER_EVENT_MAX; e++) {
		if (strcmp(events[e].name, text) != 0)
			continue;
		*out = e;
		return true;
	}
	return false;
}

const char *trigger_row_new(enum trigger_event event)
{
	return events[event].new;
}

const char *trigger_row_old(enum trigger_event event)
{
	return events[event].old;
}

/* ---- its name ---- */

static void hash_name(char out[2 * HASH_BYTES + 1], const struct trigger *t)
{
	unsigned char hash[CRYPT_HASH_SIZE];
	char org[ID_TEXT_SIZE];
	struct buf all;

	id_format(org, &t->organization);
	buf_init(&all, LITERAL_MAX);
	buf_printf(&all, "%s\n%s\n%s\n%s", org, t->action,
		   events[t->event].name, t->table);
	crypt_sha256(hash, all.data, all.len);
	buf_release(&all);
	text_hex(out, hash, HASH_BYTES);
}

/* No part of a character is left at the end. */
static void cut_text(char *s, size_t max)
{
	size_t n = strlen(s);

	if (n <= max)
		return;
	while (max && ((unsigned char)s[max] & 0xc0) == 0x80)
		max--;
	s[max] = '\0';
}

void trigger_name(char out[TRIGGER_NAME_SIZE], const struct trigger *t)
{
	char tail[32], hash[2 * HASH_BYTES + 1], front[LITERAL_MAX];

	hash_name(hash, t);
	snprintf(tail, sizeof(tail), "_%s_%s", events[t->event].name, hash);
	snprintf(front, sizeof(front), "vh_%s_%s", t->table, t->action);
	cut_text(front, NAME_MAX_BYTES - strlen(tail));
	snprintf(out, TRIGGER_NAME_SIZE, "%s%s", front, tail);
}

/* ---- parts of statements ---- */

static void put_path(struct buf *out, const char *schema, const char *name)
{
	identifier_put(out, schema);
	buf_putc(out, '.');
	identifier_put(out, name);
}

/* What stands inside of a literal, in a session with escapes. */
static void put_literal_text(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '\'' || *s == '\\')
			buf_putc(out, *s);
		buf_putc(out, *s);
	}
}

/* A member's name, as JSON and a colon, inside of a literal. */
static void put_member(struct buf *out, const char *name)
{
	struct buf json;

	buf_init(&json, LITERAL_MAX);
	buf_put_json(&json, name);
	put_literal_text(out, json.data);
	buf_putc(out, ':');
	buf_release(&json);
}

static bool has_column(const struct trigger *t, const char *name)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->columns[i].name, name) == 0)
			return true;
	return false;
}

/* "changed", with underscores before it until no column has the name. */
static void put_changed_name(struct buf *out, const struct trigger *t)
{
	struct buf name;

	buf_init(&name, LITERAL_MAX);
	for (size_t n = 0; n == 0 || has_column(t, name.data); n++) {
		buf_clear(&name);
		for (size_t i = 0; i < n; i++)
			buf_putc(&name, '_');
		buf_puts(&name, "changed");
	}
	put_member(out, name.data);
	buf_release(&name);
}

/* ---- the resource ---- */

static void put_row_values(struct buf *out, const struct trigger *t)
{
	const char *row = t->event == TRIGGER_DELETE ? "OLD" : "NEW";

	for (size_t i = 0; i < t->count; i++) {
		buf_puts(out, "            '");
		buf_puts(out, i ? "," : "{");
		put_member(out, t->columns[i].name);
		buf_puts(out, "', ");
		trigger_column_value(out, &t->columns[i], row);
		buf_puts(out, ",\n");
	}
}

/* Each has a comma before it, of which the first one is taken away. */
static void put_changed(struct buf *out, const struct trigger *t)
{
	buf_puts(out, "            ',");
	put_changed_name(out, t);
	buf_puts(out, "{', SUBSTRING(CONCAT(''");
	for (size_t i = 0; i < t->count; i++) {
		buf_puts(out, ",\n                IF(");
		trigger_column_same(out, &t->columns[i]);
		buf_puts(out, ", '', CONCAT(',");
		put_member(out, t->columns[i].name);
		buf_puts(out, "{\"old\":', ");
		trigger_column_value(out, &t->columns[i], "OLD");
		buf_puts(out, ", ',\"new\":', ");
		trigger_column_value(out, &t->columns[i], "NEW");
		buf_puts(out, ", '}'))");
	}
	buf_puts(out, "), 2),\n            '}',\n");
}

/* ---- the body ---- */

static void put_when(struct buf *out, const struct trigger *t)
{
	if (t->when)
		buf_printf(out, "(%s\n    )", t->when);
	if (t->when && t->event == TRIGGER_UPDATE)
		buf_puts(out, " AND ");
	if (t->event != TRIGGER_UPDATE)
		return;
	buf_puts(out, "NOT (");
	for (size_t i = 0; i < t->count; i++) {
		buf_puts(out, i ? "\n        AND " : "\n        ");
		trigger_column_same(out, &t->columns[i]);
	}
	buf_puts(out, "\n    )");
}

static void put_extra(struct buf *out, const struct trigger *t, bool values)
{
	for (enum trigger_extra x = 0; x < TRIGGER_EXTRA_MAX; x++) {
		if (!t->extra[x])
			continue;
		if (values)
			buf_printf(out, ", %s%s\n        %s", extras[x].before,
				   t->extra[x], extras[x].after);
		else
			buf_printf(out, ", %s", extras[x].column);
	}
}

static void put_publish(struct buf *out, const struct trigger *t,
			const char *indent)
{
	char org[ID_TEXT_SIZE];

	id_format(org, &t->organization);
	buf_printf(out, "%sINSERT INTO ", indent);
	put_path(out, t->outbox, "vh_outbox");
	buf_printf(out, "\n%s(organization, action, resource", indent);
	put_extra(out, t, false);
	buf_printf(out, ")\n%sVALUES (UNHEX('%s'), '%s', CONCAT(\n", indent,
		   org, t->action);
	put_row_values(out, t);
	if (t->event == TRIGGER_UPDATE)
		put_changed(out, t);
	buf_puts(out, "            '}')");
	put_extra(out, t, true);
	buf_puts(out, ");\n");
}

/* A deadlock has rolled the application's transaction back, so it must hear of
 * it. */
static void put_trigger_body(struct buf *out, const struct trigger *t)
{
	bool asks = t->when || t->event == TRIGGER_UPDATE;

	buf_puts(out, "BEGIN\n");
	if (!t->strict)
		buf_puts(out, "    DECLARE EXIT HANDLER FOR SQLSTATE '40001' "
			      "RESIGNAL;\n"
			      "    DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN "
			      "END;\n");
	if (asks) {
		buf_puts(out, "    IF ");
		put_when(out, t);
		buf_puts(out, " THEN\n");
	}
	put_publish(out, t, asks ? "        " : "    ");
	buf_puts(out, asks ? "    END IF;\nEND$$\n" : "END$$\n");
}

void trigger_write(struct buf *out, const struct trigger *t)
{
	char name[TRIGGER_NAME_SIZE];

	trigger_name(name, t);
	buf_printf(out,
		   "-- Publishes %s after each %s in the table below, in the "
		   "same transaction.\n"
		   "-- Whoever runs this needs TRIGGER and SELECT on that "
		   "table and INSERT on\n"
		   "-- vh_outbox, for as long as the trigger is there: it runs "
		   "with these rights.\n"
		   "SET NAMES utf8mb4;\n"
		   "SET @vh_sql_mode = @@sql_mode, sql_mode = '';\n"
		   "DROP TRIGGER IF EXISTS ",
		   t->action, events[t->event].verb);
	put_path(out, t->schema, name);
	buf_puts(out, ";\nDELIMITER $$\nCREATE TRIGGER ");
	put_path(out, t->schema, name);
	buf_printf(out, "\nAFTER %s ON ", events[t->event].verb);
	put_path(out, t->schema, t->table);
	buf_puts(out, " FOR EACH ROW\n");
	put_trigger_body(out, t);
	buf_puts(out, "DELIMITER ;\nSET sql_mode = @vh_sql_mode;\n");
}
