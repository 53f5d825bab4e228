/* SPDX-License-Identifier: MIT */
/*
 * conf_check: the rules of a configuration that are not about one value alone.
 */
#ifndef HOOKS_CONF_CHECK_H
#define HOOKS_CONF_CHECK_H

#include <sys/stat.h>

#include "base/err.h"

struct conf;

/* `st` is the file's. Reads the files that it names, too. */
enum err conf_check(struct conf *c, const struct stat *st);

#endif
