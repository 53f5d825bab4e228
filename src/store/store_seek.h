/* SPDX-License-Identifier: MIT */
/*
 * store_seek: where in rows that came in the order of their keys a time lies.
 */
#ifndef HOOKS_STORE_SEEK_H
#define HOOKS_STORE_SEEK_H

#include <stdint.h>

#include "base/err.h"
#include "outside/db.h"

struct store;

/* A statement is stamped when it begins, and gets its keys after it may have
 * waited for a lock: so much the times of two rows may be in another order
 * than their keys, ms. */
#define STORE_SEEK_SLACK INT64_C(60000)

/*
 * `sql` gives the first row behind a key, "SELECT id, created_at FROM ...
 * WHERE x = ? AND id > ? ORDER BY id LIMIT 1"; `of` is its first value. `key`
 * gets the greatest key of a row older than `time`, 0 when there is none,
 * with some forty looks.
 */
enum err store_seek(struct store *s, const char *sql, struct db_value of,
		    int64_t time, uint64_t *key);

#endif
