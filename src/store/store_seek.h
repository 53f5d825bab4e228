/* SPDX-License-Identifier: MIT */
/*
 * store_seek: finds a time among rows that were added in the order of their
 * keys.
 */
#ifndef HOOKS_STORE_SEEK_H
#define HOOKS_STORE_SEEK_H

#include <stdint.h>

#include "base/err.h"
#include "outside/db.h"

struct store;

/* A statement gets its time when it begins, and its keys later if it waits for
 * a lock: within this many ms the times of two rows may be in another order
 * than their keys. */
#define STORE_SEEK_SLACK INT64_C(60000)

/*
 * `sql` gives the first row after a key, "SELECT id, created_at FROM ...
 * WHERE x = ? AND id > ? ORDER BY id LIMIT 1"; `of` is its first value. `key`
 * gets the greatest key of a row older than `time`, 0 when there is none,
 * in some forty steps.
 */
enum err store_seek(struct store *s, const char *sql, struct db_value of,
		    int64_t time, uint64_t *key);

#endif
