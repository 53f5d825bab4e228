/* SPDX-License-Identifier: MIT */
/*
 * conf_row: the table of configuration keys, one row a key. Reading, checking
 * and printing a configuration, `hooks-admin config --explain`,
 * examples/hooks.conf and the list in hooks.conf(5) are all made from it.
 */
#ifndef HOOKS_CONF_ROW_H
#define HOOKS_CONF_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "outside/conf_value.h"

struct conf_row {
	const char *section, *name;
	enum conf_type type;
	size_t at;		 /* where in struct conf the value is kept */
	struct conf_range range; /* both 0: a type without bounds */
	const char *initial;	 /* the default, as in a file; NULL: empty */
	const char *empty;	 /* the meaning of an empty value, in words */
	const char *meaning;	 /* sentences; literal text in `...` */
};

/* In the order in which they are printed; a section's rows are together. */
extern const struct conf_row conf_rows[];
extern const size_t conf_row_count;

/* NULL: there is no such key. */
const struct conf_row *conf_row_find(const char *section, const char *name);
/* Whether any key stands in a section of this name. */
bool conf_row_is_section(const char *section);
/* The key of this section that is most like the name; in a section that does
 * not exist, the section that is most like it; NULL: none is. */
const char *conf_row_like(const char *section, const char *name);

#endif
