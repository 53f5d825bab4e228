/* SPDX-License-Identifier: MIT */
/*
 * store_settings: SHOW VARIABLES, whose names are the same everywhere except
 * one, and SHOW STATUS of Galera.
 */
#include "store/store_settings.h"

#include <string.h>

#include "base/text.h"
#include "store/store.h"
#include "store/store_col.h"

static uint64_t setting_number(const char *s)
{
	uint64_t v;

	return text_uint(s, UINT64_MAX, &v) ? v : 0;
}

/* The destination of a variable's value. */
struct slot {
	const char *name;
	const char **text;
	uint64_t *number;
	bool *on;
};

static void put_setting(const struct slot *slots, size_t n, const char *name,
			const char *value)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(slots[i].name, name) != 0)
			continue;
		if (slots[i].text)
			*slots[i].text = value;
		else if (slots[i].number)
			*slots[i].number = setting_number(value);
		else
			*slots[i].on = strcmp(value, "ON") == 0;
	}
}

static enum err read_slots(struct store *s, struct arena *arena,
			   const char *sql, const struct slot *slots, size_t n)
{
	struct db_stmt *q;
	enum err e = db_query(s->db, sql, DB_NONE, &q);

	while (!e && db_next(q))
		put_setting(slots, n, db_col_text(q, 0),
			    store_col_text(q, 1, arena));
	return e;
}

#define SLOTS(list) list, sizeof(list) / sizeof((list)[0])

uint64_t store_settings_connections(const struct store_settings *s)
{
	if (s->max_user_connections &&
	    s->max_user_connections < s->max_connections)
		return s->max_user_connections;
	return s->max_connections;
}

enum err store_settings_read(struct store *s, struct arena *arena,
			     struct store_settings *out)
{
	struct store_settings v = {.version = "",
				   .binlog_format = "",
				   .log_bin = "",
				   .isolation = "",
				   .read_only = ""};
	const struct slot slots[] = {
		{.name = "version", .text = &v.version},
		{.name = "binlog_format", .text = &v.binlog_format},
		{.name = "log_bin", .text = &v.log_bin},
		/* until MariaDB 11 */
		{.name = "tx_isolation", .text = &v.isolation},
		{.name = "transaction_isolation", .text = &v.isolation},
		{.name = "read_only", .text = &v.read_only},
		{.name = "max_allowed_packet", .number = &v.max_allowed_packet},
		{.name = "wait_timeout", .number = &v.wait_timeout},
		{.name = "max_connections", .number = &v.max_connections},
		{.name = "max_user_connections",
		 .number = &v.max_user_connections},
		{.name = "innodb_flush_log_at_trx_commit",
		 .number = &v.flush_log_at_trx_commit},
	};
	enum err e = read_slots(
		s, arena,
		"SHOW SESSION VARIABLES WHERE Variable_name IN ('version', "
		"'binlog_format', 'log_bin', 'tx_isolation', "
		"'transaction_isolation', 'read_only', 'max_allowed_packet', "
		"'wait_timeout', 'max_connections', 'max_user_connections', "
		"'innodb_flush_log_at_trx_commit')",
		SLOTS(slots));

	if (!e)
		*out = v;
	return e;
}

enum err store_galera_read(struct store *s, struct arena *arena,
			   struct store_galera *out)
{
	struct store_galera v = {.status = "", .state = ""};
	const struct slot slots[] = {
		{.name = "wsrep_on", .on = &v.on},
		{.name = "wsrep_ready", .on = &v.ready},
		{.name = "wsrep_cluster_status", .text = &v.status},
		{.name = "wsrep_local_state_comment", .text = &v.state},
		{.name = "wsrep_cluster_size", .number = &v.size},
		{.name = "innodb_autoinc_lock_mode", .number = &v.autoinc},
		{.name = "auto_increment_increment", .number = &v.step},
		{.name = "auto_increment_offset", .number = &v.first},
		{.name = "wsrep_sync_wait", .number = &v.sync_wait},
		{.name = "server_id", .number = &v.server_id},
	};
	enum err e = read_slots(
		s, arena,
		"SHOW SESSION VARIABLES WHERE Variable_name IN ('wsrep_on', "
		"'innodb_autoinc_lock_mode', 'auto_increment_increment', "
		"'auto_increment_offset', 'wsrep_sync_wait', "
		"'server_id')",
		SLOTS(slots));

	if (!e && v.on)
		e = read_slots(s, arena,
			       "SHOW STATUS WHERE Variable_name IN "
			       "('wsrep_ready', 'wsrep_cluster_status', "
			       "'wsrep_local_state_comment', "
			       "'wsrep_cluster_size')",
			       SLOTS(slots));
	if (!e && v.on)
		*out = v;
	else if (!e)
		*out = (struct store_galera){.status = "", .state = ""};
	return e;
}
