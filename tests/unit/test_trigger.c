/* SPDX-License-Identifier: MIT */
/*
 * trigger: the name, and the text as far as no server is needed to tell whether
 * it is right; tests/admin/trigger.py runs it on one.
 */
#include "unit.h"

#include <string.h>

#include "store/trigger.h"

static const struct trigger_column columns[] = {
	{"id", TRIGGER_NUMBER},
	{"na\"me's", TRIGGER_TEXT},
	{"changed", TRIGGER_STAMP},
};

static struct trigger sample(void)
{
	return (struct trigger){
		.schema = "shop",
		.table = "orders",
		.outbox = "hooks",
		.action = "order.paid",
		.columns = columns,
		.count = COUNT(columns),
	};
}

static void write_to(struct buf *b, const struct trigger *t)
{
	buf_init(b, 65536);
	trigger_write(b, t);
	ck_assert(!b->overflow);
}

static size_t times(const char *text, const char *part)
{
	size_t n = 0;

	while ((text = strstr(text, part)) != NULL) {
		text += strlen(part);
		n++;
	}
	return n;
}

/* ---- the name ---- */

START_TEST(names_are_told_apart)
{
	char name[5][TRIGGER_NAME_SIZE];
	struct trigger t = sample();

	trigger_name(name[0], &t);
	t.event = TRIGGER_UPDATE;
	trigger_name(name[1], &t);
	t.organization.b[11] = 1;
	trigger_name(name[2], &t);
	t.table = "orders_order";
	t.action = "paid";
	trigger_name(name[3], &t);
	t.table = "orders";
	t.action = "order_paid";
	trigger_name(name[4], &t);
	ck_assert(strncmp(name[0], "vh_orders_order.paid_insert_", 28) == 0);
	ck_assert(strncmp(name[1], "vh_orders_order.paid_update_", 28) == 0);
	for (size_t i = 0; i < COUNT(name); i++)
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(name[i], name[k]);
}
END_TEST

START_TEST(options_keep_the_name)
{
	char one[TRIGGER_NAME_SIZE], other[TRIGGER_NAME_SIZE];
	struct trigger t = sample();

	trigger_name(one, &t);
	t.when = "NEW.id > 1";
	t.count = 1;
	t.strict = true;
	t.extra[TRIGGER_USER] = "NEW.id";
	trigger_name(other, &t);
	ck_assert_str_eq(one, other);
}
END_TEST

/* At every length of the table's name, also within a letter. */
START_TEST(a_name_fits)
{
	char table[81], name[TRIGGER_NAME_SIZE];
	struct trigger t = sample();

	t.table = table;
	for (size_t n = 2; n <= 80; n += 2) {
		for (size_t i = 0; i < n; i += 2)
			memcpy(table + i, "ö", 2);
		table[n] = '\0';
		trigger_name(name, &t);
		ck_assert_uint_le(strlen(name), 64);
		ck_assert(strstr(name, "_insert_"));
		/* Whole letters: each has both of its bytes. */
		ck_assert_uint_eq(times(name, "\xc3"), times(name, "\xb6"));
	}
}
END_TEST

/* ---- the text ---- */

START_TEST(an_insert)
{
	struct trigger t = sample();
	struct buf b;

	write_to(&b, &t);
	ck_assert(strstr(b.data, "AFTER INSERT ON `shop`.`orders`"));
	ck_assert(strstr(b.data, "INSERT INTO `hooks`.`vh_outbox`"));
	ck_assert(strstr(b.data, "'{\"id\":', IFNULL(NEW.`id`, 'null')"));
	ck_assert(strstr(b.data, "',\"na\\\\\"me''s\":', IFNULL("));
	ck_assert(!strstr(b.data, "OLD"));
	ck_assert(!strstr(b.data, "IF ("));
	buf_release(&b);
}
END_TEST

START_TEST(a_delete)
{
	struct trigger t = sample();
	struct buf b;

	t.event = TRIGGER_DELETE;
	t.when = "OLD.id > 1 -- why";
	write_to(&b, &t);
	ck_assert(strstr(b.data, "    IF (OLD.id > 1 -- why\n    ) THEN\n"));
	ck_assert(!strstr(b.data, "NEW"));
	buf_release(&b);
}
END_TEST

START_TEST(an_update_tells_what_changed)
{
	struct trigger t = sample();
	struct buf b;

	t.event = TRIGGER_UPDATE;
	write_to(&b, &t);
	/* Once in the condition, once where it is told. */
	ck_assert_uint_eq(times(b.data, "NEW.`id` <=> OLD.`id`"), 2);
	ck_assert(strstr(b.data, ",\"_changed\":{"));
	t.count = 2;
	buf_release(&b);
	write_to(&b, &t);
	ck_assert(strstr(b.data, ",\"changed\":{"));
	buf_release(&b);
}
END_TEST

START_TEST(handlers_unless_it_is_strict)
{
	struct trigger t = sample();
	struct buf b;

	write_to(&b, &t);
	ck_assert_uint_eq(times(b.data, "EXIT HANDLER"), 2);
	buf_release(&b);
	t.strict = true;
	write_to(&b, &t);
	ck_assert_uint_eq(times(b.data, "HANDLER"), 0);
	buf_release(&b);
}
END_TEST

START_TEST(more_columns_of_the_outbox)
{
	struct trigger t = sample();
	struct buf b;

	t.extra[TRIGGER_USER] = "NEW.id";
	t.extra[TRIGGER_DELIVER_AT] = "NEW.at # why";
	write_to(&b, &t);
	ck_assert(strstr(b.data, "resource, user, deliver_at)"));
	ck_assert(strstr(b.data, "IFNULL((NEW.at # why\n"));
	buf_release(&b);
}
END_TEST

/* ---- columns ---- */

START_TEST(kinds_of_columns)
{
	static const struct {
		const char *data_type, *column_type;
		enum trigger_kind kind;
	} cases[] = {
		{"int", "int(11)", TRIGGER_NUMBER},
		{"int", "int(5) unsigned zerofill", TRIGGER_PADDED},
		{"year", "year(4)", TRIGGER_PADDED},
		{"timestamp", "timestamp", TRIGGER_STAMP},
		{"timestamp", "timestamp(6)", TRIGGER_STAMP_FRACTION},
		{"varchar", "varchar(10)", TRIGGER_TEXT},
		{"enum", "enum('zerofill')", TRIGGER_TEXT},
		{"json", "json", TRIGGER_TEXT},
		{"inet6", "inet6", TRIGGER_TEXT},
		{"varbinary", "varbinary(9)", TRIGGER_BINARY},
		{"longblob", "longblob", TRIGGER_BLOB},
		{"point", "point", TRIGGER_GEOMETRY},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		ck_assert_int_eq(trigger_column_kind(cases[i].data_type,
						     cases[i].column_type),
				 cases[i].kind);
}
END_TEST

START_TEST(events)
{
	enum trigger_event e = TRIGGER_EVENT_MAX;

	ck_assert(!trigger_event_parse("", &e));
	ck_assert(!trigger_event_parse("INSERT", &e));
	ck_assert_int_eq(e, TRIGGER_EVENT_MAX);
	ck_assert(trigger_event_parse("delete", &e));
	ck_assert_int_eq(e, TRIGGER_DELETE);
}
END_TEST

Suite *suite_trigger(void)
{
	Suite *s = suite_create("trigger");
	TCase *t = tcase_create("trigger");

	tcase_add_test(t, names_are_told_apart);
	tcase_add_test(t, options_keep_the_name);
	tcase_add_test(t, a_name_fits);
	tcase_add_test(t, an_insert);
	tcase_add_test(t, a_delete);
	tcase_add_test(t, an_update_tells_what_changed);
	tcase_add_test(t, handlers_unless_it_is_strict);
	tcase_add_test(t, more_columns_of_the_outbox);
	tcase_add_test(t, kinds_of_columns);
	tcase_add_test(t, events);
	suite_add_tcase(s, t);
	return s;
}
