/* SPDX-License-Identifier: MIT */
/*
 * self: the place of this program, from which files are found that were
 * unpacked or installed with it, the cores that it may use, and who may look
 * into it.
 */
#ifndef HOOKS_SELF_H
#define HOOKS_SELF_H

#include <stdbool.h>

enum { SELF_PATH_SIZE = 4096 };

/* The folder of the program's file, links followed, without a slash at the end.
 * False: it is unknown, because /proc is not there or the path is too long. */
bool self_folder(char path[SELF_PATH_SIZE]);

/* No core dump of this process is written and no other of the same user may
 * look into it, because it is about to read keys, passwords and secrets.
 * Programs that it starts must call this again; its forks need not. */
void self_keep_secrets(void);

/* How many processor cores this process may use; 1 or more. */
unsigned self_cores(void);

#endif
