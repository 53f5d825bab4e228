/* SPDX-License-Identifier: MIT */
/*
 * api_action: /v2/actions: the catalogue.
 */
#include "api.h"
#include "call.h"
#include "outside/jtree.h"
#include "rules/action.h"

enum err api_action_list(struct call *c)
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
