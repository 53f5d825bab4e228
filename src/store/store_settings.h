/* SPDX-License-Identifier: MIT */
/*
 * store_settings: the settings of the database server that matter here: for
 * `hooks-admin doctor`.
 */
#ifndef HOOKS_STORE_SETTINGS_H
#define HOOKS_STORE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct arena;
struct store;

/* The session's values where a session has its own; *arena*. A setting that
 * the server lacks is "" or 0. */
struct store_settings {
	const char *version; /* such as 10.11.6-MariaDB-0+deb12u1 */
	const char *binlog_format, *log_bin, *isolation, *read_only;
	uint64_t max_allowed_packet; /* bytes */
	uint64_t wait_timeout;	     /* seconds */
	uint64_t max_connections;
	uint64_t max_user_connections; /* 0: no limit */
	uint64_t flush_log_at_trx_commit;
};

/* How many connections the account may have at once; 0: not known. */
uint64_t store_settings_connections(const struct store_settings *s);

enum err store_settings_read(struct store *s, struct arena *arena,
			     struct store_settings *out);

/* The server as a node of a Galera cluster; *arena*. A node that is cut off
 * answers this, too; it refuses every other query with 1047. */
struct store_galera {
	bool on;	      /* false: no node; the rest is "" and 0 */
	bool ready;	      /* accepts queries */
	const char *status;   /* of its part of the cluster: Primary */
	const char *state;    /* Synced, Donor/Desynced, Joining, ... */
	uint64_t size;	      /* nodes in that part */
	uint64_t autoinc;     /* innodb_autoinc_lock_mode */
	uint64_t step, first; /* of auto-increment keys */
	uint64_t sync_wait;   /* wsrep_sync_wait */
	uint64_t server_id;   /* part of the outbox's keys */
};

enum err store_galera_read(struct store *s, struct arena *arena,
			   struct store_galera *out);

#endif
