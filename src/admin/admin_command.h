/* SPDX-License-Identifier: MIT */
/*
 * admin_command: the table of hooks-admin's commands. The command line is
 * checked against it, and help is printed from it.
 */
#ifndef HOOKS_ADMIN_COMMAND_H
#define HOOKS_ADMIN_COMMAND_H

#include <stddef.h>

#include "admin/admin.h"

enum admin_need {
	DOES_ALL,
	NEEDS_CONF,
	NEEDS_DATABASE,
	WAKES_SENDER /* the same, and what it does may be work for a sender */
};

struct admin_command {
	const char *name;    /* one word or two */
	const char *usage;   /* the rest of the line */
	const char *meaning; /* a sentence */
	const char *example; /* for a shell */
	int min, max;	     /* words after the name */
	unsigned options;    /* a bit for each of enum admin_option */
	enum admin_need need;
	enum err (*run)(struct admin *a);
};

/* By enum admin_option. */
struct admin_command_option {
	const char *name;    /* without the two dashes */
	const char *value;   /* the name of its value; NULL: it takes none */
	const char *meaning; /* a sentence */
};

extern const struct admin_command admin_commands[];
extern const size_t admin_command_count;
extern const struct admin_command_option admin_command_options[];

/* The command that these words begin with; `used` gets the number of words in
 * its name. NULL: there is none. */
const struct admin_command *admin_command_find(char *const *words, int count,
					       int *used);

/* Logs that the words name no command, with the nearest name. Returns
 * ERR_USAGE. */
enum err admin_command_unknown(char *const *words, int count);

#endif
