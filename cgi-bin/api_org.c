/*
 * api_org: whose key this is, and the catalogue of actions.
 */
#include "api.h"
#include "call.h"
#include "outside/js.h"
#include "rules/match.h"
#include "store/view.h"

enum err api_org_test(struct call *c)
{
	struct js *v = view_org(&c->key.org);

	/* So that a client need not offer what its key may not do. */
	js_put_string(v, "role", store_role_name(c->key.role));
	response_json(c->response, 200, v);
	return ERR_OK;
}

enum err api_org_actions(struct call *c)
{
	size_t n;
	const struct match_action *list = match_catalogue(&n);
	struct js *all = js_array();

	for (size_t i = 0; i < n; i++) {
		struct js *v = js_object();

		js_put_string(v, "action", list[i].name);
		js_put_string(v, "description", list[i].description);
		js_put_bool(v, "operational", list[i].operational);
		js_add(all, v);
	}
	response_json(c->response, 200, all);
	return ERR_OK;
}
