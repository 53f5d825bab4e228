/* SPDX-License-Identifier: MIT */
/*
 * conf_key: files of 32 random bytes, as [secrets] key_file names one.
 */
#ifndef HOOKS_CONF_KEY_H
#define HOOKS_CONF_KEY_H

enum { CONF_KEY_SIZE = 32 };

/* NULL, or the file's fault, as the end of a sentence. */
const char *conf_key_read(const char *path, unsigned char key[CONF_KEY_SIZE]);

#endif
