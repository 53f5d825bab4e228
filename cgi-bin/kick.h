/* SPDX-License-Identifier: MIT */
/*
 * kick: a sender for what a request has left to send, where none is alive:
 * hosts whose cron is slow, or that have none.
 */
#ifndef HOOKS_KICK_H
#define HOOKS_KICK_H

#include <stdint.h>

struct call;

/*
 * To be called when the answer has gone, after what is to be sent was
 * committed. Starts a run that ends when nothing was delivered for a while: at
 * most one in STORE_START_MS, and less often as long as none of them reports.
 * Starts nothing beside a sender that is alive, where cron's sender is another
 * user's or another machine's, or where [api] kick is off. What fails is
 * logged.
 *
 * `next`: monotonic; this process does not ask the database before.
 */
void kick(struct call *c, int64_t *next);

#endif
