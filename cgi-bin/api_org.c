/* SPDX-License-Identifier: MIT */
/*
 * api_org: /v2/auth/test and /v2/organization: the owner of the key.
 */
#include "api.h"
#include "call.h"
#include "outside/jtree.h"
#include "store/store_stored.h"
#include "store/view.h"

enum err api_org_test(struct call *c)
{
	struct jtree *v = view_org(&c->key.org);

	/* So that a client can hide actions that its key does not allow. */
	jtree_put_string(v, "role", store_role_name(c->key.role));
	response_json(c->response, 200, v);
	return ERR_OK;
}

static struct jtree *stored_jtree_of(const struct call *c,
				     const struct store_stored *stored)
{
	struct jtree *v = jtree_object();

	jtree_put_int(v, "payloads", (int64_t)stored->payloads);
	jtree_put_int(v, "answers", (int64_t)stored->answers);
	jtree_put_int(v, "used", (int64_t)(stored->payloads + stored->answers));
	jtree_put_int(v, "limit", (int64_t)c->conf->api.max_stored);
	return v;
}

enum err api_org_get(struct call *c)
{
	struct store_stored stored = {.payloads = 0};
	struct jtree *v;
	enum err e = store_stored_get(c->store, &c->key.org.id, &stored);

	if (e)
		return e;
	v = view_org(&c->key.org);
	jtree_put(v, "stored", stored_jtree_of(c, &stored));
	response_json(c->response, 200, v);
	return ERR_OK;
}
