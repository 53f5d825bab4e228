/* SPDX-License-Identifier: MIT */
/*
 * err: the outcomes a function can report, and the exit status of each.
 *
 * A function returns an `enum err` (0 = fine) or a pointer that may be NULL,
 * never both ideas. The words for the person are written where the error is
 * known (log, problem document, standard error); this is the part a caller
 * can act on.
 */
#ifndef HOOKS_ERR_H
#define HOOKS_ERR_H

enum err {
	ERR_OK = 0,
	ERR_USAGE,     /* the command line is wrong */
	ERR_INVALID,   /* bad data: a field, a document */
	ERR_NOT_FOUND, /* the thing named does not exist */
	ERR_CONFLICT,  /* already there, or somebody else owns it */
	ERR_LIMIT,     /* over a limit that the configuration sets */
	ERR_TEMP,      /* cannot be done now: try again (database away) */
	ERR_CONFIG,    /* configuration or schema does not fit */
	ERR_INTERNAL,  /* our bug, or a refusal that waiting does not cure */
	ERR_MAX
};

/* A word for logs: "not found", "temporary", ... Never NULL. */
const char *err_name(enum err e);

/*
 * The exit status of a program that ends with this error, after sysexits(3):
 * 0, 64 usage, 65 bad data, 69 does not exist, 70 internal, 75 try again,
 * 78 configuration.
 */
int err_exit(enum err e);

#endif
