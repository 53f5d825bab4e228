/* SPDX-License-Identifier: MIT */
/*
 * store_settings: how the database server is set up, as far as it matters
 * here: for `hooks-admin doctor`.
 */
#ifndef HOOKS_STORE_SETTINGS_H
#define HOOKS_STORE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct arena;
struct store;

/* The session's values where a session has its own; *arena*. Of a server that
 * lacks a setting it is "" or 0. */
struct store_settings {
	const char *version; /* such as 10.11.6-MariaDB-0+deb12u1 */
	const char *binlog_format, *log_bin, *isolation, *read_only;
	uint64_t max_allowed_packet; /* bytes */
	uint64_t wait_timeout;	     /* seconds */
	uint64_t max_connections;
	uint64_t max_user_connections; /* 0: no limit */
	uint64_t flush_log_at_trx_commit;
};

enum err store_settings_read(struct store *s, struct arena *arena,
			     struct store_settings *out);

/* The server as a node of a Galera cluster; *arena*. Answered also by one that
 * is cut off and refuses every other question with 1047. */
struct store_galera {
	bool on;	      /* false: it is none, and the rest is "" and 0 */
	bool ready;	      /* serves */
	const char *status;   /* of the part of the cluster it sees: Primary */
	const char *state;    /* Synced, Donor/Desynced, Joining, ... */
	uint64_t size;	      /* nodes in that part */
	uint64_t autoinc;     /* innodb_autoinc_lock_mode */
	uint64_t step, first; /* of its keys */
	uint64_t sync_wait;   /* wsrep_sync_wait */
};

enum err store_galera_read(struct store *s, struct arena *arena,
			   struct store_galera *out);

#endif
