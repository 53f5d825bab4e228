/* SPDX-License-Identifier: MIT */
/*
 * kick: a sender for what a request has accepted, where none is alive: hosts
 * whose cron is slow, or that have none.
 */
#ifndef HOOKS_KICK_H
#define HOOKS_KICK_H

struct call;

/* After the answer: starts a run that ends when it has had nothing to do for a
 * while; at most one in STORE_START_MS. Not where the sender is another user's,
 * or [api] kick is off. A run that cannot be started is logged. */
void kick(struct call *c);

#endif
