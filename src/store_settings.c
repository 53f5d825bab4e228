/*
 * store_settings: SHOW VARIABLES, whose names are the same everywhere but one.
 */
#include "store_settings.h"

#include <string.h>

#include "mem.h"
#include "store.h"
#include "store_col.h"
#include "text.h"

static uint64_t number(const char *s)
{
	uint64_t v;

	return text_uint(s, UINT64_MAX, &v) ? v : 0;
}

static void put(struct store_settings *v, const char *name, const char *value)
{
	const struct {
		const char *name;
		const char **text;
		uint64_t *number;
	} slots[] = {
		{"version", &v->version, NULL},
		{"binlog_format", &v->binlog_format, NULL},
		{"log_bin", &v->log_bin, NULL},
		{"tx_isolation", &v->isolation, NULL}, /* until MariaDB 11 */
		{"transaction_isolation", &v->isolation, NULL},
		{"read_only", &v->read_only, NULL},
		{"max_allowed_packet", NULL, &v->max_allowed_packet},
		{"wait_timeout", NULL, &v->wait_timeout},
		{"max_connections", NULL, &v->max_connections},
		{"max_user_connections", NULL, &v->max_user_connections},
		{"innodb_flush_log_at_trx_commit", NULL,
		 &v->flush_log_at_trx_commit},
	};

	for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
		if (strcmp(slots[i].name, name) != 0)
			continue;
		if (slots[i].text)
			*slots[i].text = value;
		else
			*slots[i].number = number(value);
	}
}

enum err store_settings_read(struct store *s, struct arena *arena,
			     struct store_settings *out)
{
	struct store_settings v = {.version = "",
				   .binlog_format = "",
				   .log_bin = "",
				   .isolation = "",
				   .read_only = ""};
	struct db_stmt *q;
	enum err e = db_query(
		s->db,
		"SHOW SESSION VARIABLES WHERE Variable_name IN ('version', "
		"'binlog_format', 'log_bin', 'tx_isolation', "
		"'transaction_isolation', 'read_only', 'max_allowed_packet', "
		"'wait_timeout', 'max_connections', 'max_user_connections', "
		"'innodb_flush_log_at_trx_commit')",
		DB_NONE, &q);

	while (!e && db_next(q))
		put(&v, db_col_text(q, 0), store_col_text(q, 1, arena));
	if (!e)
		*out = v;
	return e;
}
