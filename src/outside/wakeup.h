/* SPDX-License-Identifier: MIT */
/*
 * wakeup: a FIFO in the state folder, with which publishers of the same host
 * and user wake a sender that waits. Nothing depends on it: what nobody was
 * woken for is seen by the sender's next look.
 */
#ifndef HOOKS_WAKEUP_H
#define HOOKS_WAKEUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "outside/state_dir.h"

struct conf;

/* ---- the sender ---- */

/* Makes a new FIFO in place of the last sender's, so that nothing is read by
 * one that takes nothing new any more. Whoever calls it looks for work after
 * it. -1: there is none, and nobody minds. The caller closes it; it does not
 * block. */
int wakeup_listen(const struct state_dir *dir);

/* ---- publishers ---- */

struct wakeup {
	struct state_dir dir;
	int64_t next; /* monotonic: when to look for the folder again */
};

void wakeup_init(struct wakeup *w);
void wakeup_release(struct wakeup *w);

/* Wakes the sender of this configuration's database, if there is one that waits
 * and may be reached; after the COMMIT of what it is to see. Never waits. A
 * publisher that has no such folder, as where the sender is another user,
 * leaves a mark in /dev/shm for `hooks-admin doctor`. */
void wakeup_send(struct wakeup *w, const struct conf *conf);

/* Leaves that mark in this folder's name: its user's sender is not the one that
 * delivers. */
void wakeup_apart(const struct state_dir *dir);

/* Whether there is such a mark of the last day: another user's, so long ago. */
bool wakeup_missed(const struct conf *conf, uid_t *user, int64_t *ago_ms);

#endif
