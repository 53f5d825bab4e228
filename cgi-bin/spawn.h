/* SPDX-License-Identifier: MIT */
/*
 * spawn: starts hooks-send so that it outlives the request, the process and
 * the web server's interest in either.
 */
#ifndef HOOKS_SPAWN_H
#define HOOKS_SPAWN_H

#include "base/err.h"

/*
 * One run with this configuration, in a session of its own, with no
 * descriptor and little environment of ours. Returns as soon as the program
 * runs; ERR_INTERNAL: it could not be started, which is logged.
 */
enum err spawn_sender(const char *config);

#endif
