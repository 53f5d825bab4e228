/* SPDX-License-Identifier: MIT */
/*
 * conf_file: which file the configuration is, and who may read and write the
 * files that the service trusts. Part of conf; nobody else needs it.
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

/* Each says why a file is refused, as the end of a sentence, or NULL. Its
 * group may read and write it; so may its owner, whoever that is, because on
 * shared hosting the web server or root reads a file of the account. */

/* The configuration: nobody else may write it. */
const char *conf_file_refuse(const struct stat *st, bool beside);
/* A file that holds a secret: nobody else may read or write it. */
const char *conf_file_refuse_secret(const struct stat *st);

#endif
