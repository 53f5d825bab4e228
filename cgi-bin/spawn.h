/* SPDX-License-Identifier: MIT */
/*
 * spawn: starts hooks-send so that it outlives the request and the process, and
 * is independent of the web server.
 */
#ifndef HOOKS_SPAWN_H
#define HOOKS_SPAWN_H

#include "base/err.h"

/* When the run ends: after [sender] linger, or when it has delivered nothing
 * for 15 s. */
enum spawn_until { SPAWN_LINGER, SPAWN_IDLE };

/*
 * Starts one run with this configuration, in a session of its own, with none of
 * our descriptors and little of our environment. Returns as soon as the program
 * runs; ERR_INTERNAL: it could not be started, which is logged.
 */
enum err spawn_sender(const char *config, enum spawn_until until);

#endif
