/* SPDX-License-Identifier: MIT */
/*
 * conf_file: which file the configuration is. Part of conf; nobody else needs
 * it.
 */
#ifndef HOOKS_CONF_FILE_H
#define HOOKS_CONF_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

/*
 * `given` if it is not NULL, else what $HOOKS_CONFIG names, else the installed
 * file, else, where there is none, ../etc/hooks.conf seen from the program if
 * that exists. Never NULL; caller frees with free(). `beside` says whether it
 * is the last one, which nobody has named.
 */
char *conf_file_find(const char *given, bool *beside);

/* What is wrong with the file, as the end of a sentence; NULL: nothing. */
const char *conf_file_refuse(const struct stat *st, bool beside);

#endif
