/*
 * store_settings: how the database server is set up, as far as it matters
 * here: for `hooks-admin doctor`.
 */
#ifndef HOOKS_STORE_SETTINGS_H
#define HOOKS_STORE_SETTINGS_H

#include <stdint.h>

#include "err.h"

struct arena;
struct store;

/* The session's values where a session has its own; *arena*. Of a server that
 * lacks a setting it is "" or 0. */
struct store_settings {
	const char *version; /* such as 10.11.6-MariaDB-0+deb12u1 */
	const char *binlog_format, *log_bin, *isolation, *read_only;
	uint64_t max_allowed_packet;	/* bytes */
	uint64_t wait_timeout;		/* seconds */
	uint64_t max_connections;
	uint64_t max_user_connections;	/* 0: no limit */
	uint64_t flush_log_at_trx_commit;
};

enum err store_settings_read(struct store *s, struct arena *arena,
			     struct store_settings *out);

#endif
