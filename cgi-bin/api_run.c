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
#include "store/store_start.h"

enum err api_run(struct call *c)
{
	struct store_start start;
	bool may = false;
	struct jtree *v;
	enum err e = ERR_OK;

	if (strcmp(c->request->method, "POST") == 0)
		e = body_read_nothing(c);
	if (!e)
		e = store_start_read(c->store, "", "", &start);
	if (!e && !store_start_wait(&start, false))
		e = store_start_claim(c->store, &start, &may);
	if (!e && may)
		e = spawn_sender(c->conf->file, SPAWN_LINGER);
	if (e)
		return e;
	v = jtree_object();
	jtree_put_bool(v, "started", may);
	response_json(c->response, 202, v);
	return ERR_OK;
}
