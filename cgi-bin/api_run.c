/* SPDX-License-Identifier: MIT */
/*
 * api_run: /v2/run starts the sender by a request instead of cron.
 */
#include <string.h>

#include "api.h"
#include "body.h"
#include "call.h"
#include "outside/jtree.h"
#include "spawn.h"
#include "store/store_sender.h"

enum err api_run(struct call *c)
{
	bool may = false;
	struct jtree *v;
	enum err e = ERR_OK;

	if (strcmp(c->request->method, "POST") == 0)
		e = body_read_nothing(c);
	if (!e)
		e = store_sender_may_start(c->store, &may);
	if (!e && may)
		e = spawn_sender(c->conf->file);
	if (e)
		return e;
	v = jtree_object();
	jtree_put_bool(v, "started", may);
	response_json(c->response, 202, v);
	return ERR_OK;
}
