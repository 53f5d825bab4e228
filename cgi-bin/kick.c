/* SPDX-License-Identifier: MIT */
/*
 * kick: asks whether a sender is alive, then who may start one.
 */
#include "kick.h"

#include "call.h"
#include "deliver/lock.h"
#include "spawn.h"
#include "store/store_sender.h"

/* A user without a folder has no sender that runs, and another user may have
 * one. */
static enum err is_cared_for(struct call *c, bool *cared_for)
{
	enum err e = lock_look(c->conf, cared_for);

	return e == ERR_NOT_FOUND ? store_sender_lately(c->store, cared_for)
				  : e;
}

void kick(struct call *c)
{
	bool cared_for = false, may = false;

	if (!c->conf->api.kick || is_cared_for(c, &cared_for) || cared_for)
		return;
	if (!store_sender_may_start(c->store, &may) && may)
		(void)spawn_sender(c->conf->file, SPAWN_IDLE);
}
