/* SPDX-License-Identifier: MIT */
/*
 * self: the place of this program. Files that were unpacked or installed with
 * it are found from there.
 */
#ifndef HOOKS_SELF_H
#define HOOKS_SELF_H

#include <stdbool.h>

enum { SELF_PATH_SIZE = 4096 };

/* The folder of the program's file, links followed, without a slash at the end.
 * False: it is unknown, because /proc is not there or the path is too long. */
bool self_folder(char path[SELF_PATH_SIZE]);

#endif
