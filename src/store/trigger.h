/* SPDX-License-Identifier: MIT */
/*
 * trigger: the SQL of a trigger on an application's own table, which publishes
 * each change of a row in the application's transaction.
 *
 * It is text only: nothing is asked of a database here. The text is made for
 * the client programs `mysql` and `mariadb` and for phpMyAdmin, which
 * understand DELIMITER, and may be run again.
 *
 * The resource has a member for each column, NEW's values, after a DELETE those
 * of OLD. After an UPDATE it has `changed`, too, an object with a member for
 * each column that changed: {"old": ..., "new": ...}; nothing is published when
 * it would be empty.
 */
#ifndef HOOKS_TRIGGER_H
#define HOOKS_TRIGGER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "rules/id.h"
#include "store/trigger_column.h"

enum trigger_event {
	TRIGGER_INSERT,
	TRIGGER_UPDATE,
	TRIGGER_DELETE,
	TRIGGER_EVENT_MAX
};

/* Columns of `vh_outbox` that an expression may set. */
enum trigger_extra {
	TRIGGER_USER,
	TRIGGER_DELIVER_AT, /* never NULL: that would be "at once" */
	TRIGGER_EXPIRES_AT,
	TRIGGER_REPLACE_KEY,
	TRIGGER_CANCELS,
	TRIGGER_EXTRA_MAX
};

enum { TRIGGER_NAME_SIZE = 65 }; /* the server's limit, and a NUL */

/* All texts are *borrowed*. */
struct trigger {
	const char *schema, *table; /* the application's */
	const char *outbox;	    /* the database that has `vh_outbox` */
	const char *action;	    /* in the form of one */
	const char *when;	    /* a condition; NULL: always */
	const char *extra[TRIGGER_EXTRA_MAX]; /* expressions; NULL: none */
	const struct trigger_column *columns; /* one at least */
	size_t count;
	struct id organization;
	enum trigger_event event;
	bool strict; /* a publish that fails makes the statement fail */
};

/* "insert", "update" or "delete"; false: it is none of them. */
bool trigger_event_parse(const char *text, enum trigger_event *out);
/* The names of the row after and before the event; a row that there is not has
 * a name, too, which nobody uses. */
const char *trigger_row_new(enum trigger_event event);
const char *trigger_row_old(enum trigger_event event);

/* vh_TABLE_ACTION_EVENT and six hexadecimal digits: the same for the same
 * organization, table, action and event, and different for others; shortened
 * in the middle if it would be too long. */
void trigger_name(char out[TRIGGER_NAME_SIZE], const struct trigger *t);

void trigger_write(struct buf *out, const struct trigger *t);

#endif
