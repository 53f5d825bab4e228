/* SPDX-License-Identifier: MIT */
/*
 * api_health: whether requests can be served, for load balancers.
 */
#include "api.h"
#include "call.h"
#include "outside/jtree.h"

enum err api_health(struct call *c)
{
	struct jtree *v;
	int64_t now;
	enum err e = store_now(c->store, &now);

	if (e)
		return e;
	v = jtree_object();
	jtree_put_string(v, "status", "ok");
	response_json(c->response, 200, v);
	return ERR_OK;
}
