/* SPDX-License-Identifier: MIT */
/*
 * api_org: /v2/auth/test: the owner of the key.
 */
#include "api.h"
#include "call.h"
#include "outside/jtree.h"
#include "store/view.h"

enum err api_org_test(struct call *c)
{
	struct jtree *v = view_org(&c->key.org);

	/* So that a client can hide actions that its key does not allow. */
	jtree_put_string(v, "role", store_role_name(c->key.role));
	response_json(c->response, 200, v);
	return ERR_OK;
}
