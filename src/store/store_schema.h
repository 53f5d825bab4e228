/* SPDX-License-Identifier: MIT */
/*
 * store_schema: brings the tables from any earlier version to this one.
 *
 * The steps are the files sql/NNN-name.sql, built into the program. Each is
 * The steps are the files sql/NNN-name.sql, built into the program. Each is
 * recorded in `installation` when it is finished. The server commits every
 * CREATE and ALTER by itself, so an interrupted step is run again from its
 * beginning: parts that are done already ("table exists", "column exists")
 * are skipped.
 */
#ifndef HOOKS_STORE_SCHEMA_H
#define HOOKS_STORE_SCHEMA_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "outside/conf.h"

struct store_step {
	unsigned number;  /* 1, 2, ... */
	const char *name; /* "001-tables" */
	const char *sql;  /* statements, each with ';' at the end of a line */
};

/* Generated from sql/ when the program is built. */
extern const struct store_step store_steps[];
extern const unsigned store_step_count;

/* The version of the schema that this build works with: its last step. */
unsigned store_schema_version(void);

struct store_migration {
	const struct store_step *steps; /* numbered from 1 without gaps */
	unsigned count;
	bool dry_run; /* change nothing, only call `each` */
	/* Called for each step that was taken, or would be; may be NULL. */
	void (*each)(void *arg, const struct store_step *step);
	void *arg;
};

/*
 * Two migrations at once take turns. Errors are logged.
 * ERR_TEMP: the database cannot be reached, or another migration did not end
 * within ten minutes. ERR_CONFIG: no such database, a right is missing, a
 * schema newer than `count`, or tables of these names that are not ours.
 */
enum err store_migrate(const struct conf *conf,
		       const struct store_migration *m);

/*
 * The next statement of a step, without its semicolon and without comment
 * lines; false at the end. `*sql` moves on; `out` is cleared first.
 */
bool store_schema_statement(const char **sql, struct buf *out);

#endif
