/* SPDX-License-Identifier: MIT */
/*
 * api_org: whose key this is, and the catalogue of actions.
 */
#include "api.h"
#include "call.h"
#include "outside/jtree.h"
#include "rules/action.h"
#include "store/view.h"

enum err api_org_test(struct call *c)
{
	struct jtree *v = view_org(&c->key.org);

	/* So that a client need not offer what its key may not do. */
	jtree_put_string(v, "role", store_role_name(c->key.role));
	response_json(c->response, 200, v);
	return ERR_OK;
}

enum err api_org_actions(struct call *c)
{
	size_t n;
	const struct action *list = action_catalogue(&n);
	struct jtree *all = jtree_array();

	for (size_t i = 0; i < n; i++) {
		struct jtree *v = jtree_object();

		jtree_put_string(v, "action", list[i].name);
		jtree_put_string(v, "description", list[i].description);
		jtree_put_bool(v, "operational", list[i].operational);
		jtree_add(all, v);
	}
	response_json(c->response, 200, all);
	return ERR_OK;
}
