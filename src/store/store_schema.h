/* SPDX-License-Identifier: MIT */
/*
 * store_schema: brings the tables from any earlier version to this one.
 *
 * The steps are the files sql/NNN-name.sql, built into the program. Each is
 * recorded in `vh_installation` when it is finished. The server commits every
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

/* A step leads from the version before its number to its number. */
struct store_schema_step {
	unsigned number;
	const char *name; /* "010-tables" */
	const char *sql;  /* statements, each with ';' at the end of a line */
};

/* Generated from sql/ when the program is built. */
extern const struct store_schema_step store_schema_steps[];
extern const unsigned store_schema_step_count;

/* The version of the schema that this build works with: its last step. */
unsigned store_schema_version(void);

enum {
	/* An empty database counts as one of this version: the steps up to it
	 * only carry over what an earlier version has made. */
	STORE_SCHEMA_EMPTY = 9
};

struct store_migration {
	const struct store_schema_step *steps; /* numbered without a gap */
	unsigned count;
	unsigned empty; /* the version that an empty database counts as */
	bool dry_run;	/* change nothing, only call `each` */
	/* Called for a step that was done, or would be; may be NULL. */
	void (*each)(void *arg, const struct store_schema_step *step);
	void *arg;
};

/*
 * Two migrations at once take turns. Errors are logged.
 * ERR_TEMP: the database is away, or another migration did not end within
 * ten minutes. ERR_CONFIG: no such database, a right is missing, a schema
 * newer than the last step or older than the first, or tables of these names
 * that are not ours.
 */
enum err store_migrate(const struct conf *conf,
		       const struct store_migration *m);

enum { STORE_TABLE_NAME_SIZE = 65 }; /* the longest name, and a NUL */

struct db;

/* The first table of another program that stands where a step still to be done
 * would make one of ours; "": there is none. */
enum err store_schema_stranger(struct db *db, char name[STORE_TABLE_NAME_SIZE]);

/*
 * The next statement of a step, without its semicolon and without lines that
 * are comments; false at the end. `*sql` moves on; `out` is cleared first.
 */
bool store_schema_statement(const char **sql, struct buf *out);

#endif
