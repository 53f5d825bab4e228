/* SPDX-License-Identifier: MIT */
/*
 * api_resume: POST /v2/hooks/:id/resume sends waiting deliveries at once.
 */
#include "api.h"
#include "body.h"
#include "call.h"
#include "outside/jtree.h"
#include "store/store_hook.h"
#include "store/store_resume.h"

static enum err answer(struct call *c, uint64_t count)
{
	struct jtree *v = jtree_object();

	jtree_put_int(v, "count", (int64_t)count);
	response_json(c->response, 202, v);
	return ERR_OK;
}

enum err api_resume(struct call *c)
{
	struct store_hook hook;
	uint64_t count = 0;
	enum err e = body_read_nothing(c);

	if (!e)
		e = call_hook(c, &hook);
	if (!e)
		e = store_resume(c->store, &hook, &count);
	if (e == ERR_CONFLICT) {
		response_problem(c->response, 409,
				 "The hook is disabled: enable it, and all "
				 "that it holds goes.");
		return ERR_INVALID;
	}
	return e ? e : answer(c, count);
}
