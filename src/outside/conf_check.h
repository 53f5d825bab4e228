/* SPDX-License-Identifier: MIT */
/*
 * conf_check: what must be true of a configuration beyond each value.
 */
#ifndef HOOKS_CONF_CHECK_H
#define HOOKS_CONF_CHECK_H

#include <sys/stat.h>

#include "base/err.h"

struct conf;

/* `st` is the file's. Reads the files that it names, too. */
enum err conf_check(struct conf *c, const struct stat *st);

#endif
