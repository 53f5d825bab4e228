/* SPDX-License-Identifier: MIT */
/*
 * store_table: the application's own tables, as far as this program's database
 * user may see them.
 */
#ifndef HOOKS_STORE_TABLE_H
#define HOOKS_STORE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "store/trigger.h"

struct arena;
struct store;

/* The columns in their order; *arena*. `view`: it is no table, but a view.
 * ERR_NOT_FOUND: there is no such table, or this user has no right on it. */
enum err store_table_columns(struct store *s, struct arena *arena,
			     const char *schema, const char *table,
			     struct trigger_column **list, size_t *count,
			     bool *view);

/* Has the server read an expression that the trigger shall have, and looks
 * nothing up. ERR_INVALID: it refuses the expression; ERR_CONFIG: this user may
 * not read a table in it; db_error_text() says the reason of both. */
enum err store_table_try(struct store *s, const struct trigger *t,
			 const char *expression);

#endif
