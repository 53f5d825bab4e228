/* SPDX-License-Identifier: MIT */
/*
 * api_secret: /v2/hooks/:id/secret, shown and rotated.
 */
#include "api.h"
#include "base/text.h"
#include "body.h"
#include "call.h"
#include "field_errors.h"
#include "hook_change.h"
#include "hook_form.h"
#include "outside/jtree.h"
#include "store/store_hook.h"
#include "store/store_secret.h"

static void answer_secret(struct call *c, const char *secret)
{
	struct jtree *v = jtree_object();

	jtree_put_string(v, "secret", secret);
	response_json(c->response, 200, v);
}

enum err api_secret_get(struct call *c)
{
	char secret[SIGN_SECRET_SIZE];
	struct store_hook hook;
	enum err e = call_hook(c, &hook);

	if (!e)
		e = store_secret_current(c->store, hook.key, secret);
	if (!e)
		answer_secret(c, secret);
	return e;
}

/* ---- rotating ---- */

struct rotation {
	const char *secret;
	int64_t overlap; /* ms */
};

static enum err edit(struct call *c, struct store_hook *hook,
		     struct store_hook_change *change, void *arg)
{
	const struct rotation *r = arg;

	(void)c;
	(void)hook;
	change->secret = r->secret;
	change->overlap = r->overlap;
	return ERR_OK;
}

static void read_overlap(struct field_errors *errors, const char *name,
			 const struct jtree *v, void *arg)
{
	struct rotation *r = arg;
	const char *s = jtree_string(v, NULL);
	int64_t ms;

	if (jtree_is_null(v))
		return;
	if (jtree_whole(v, &ms) && ms == 0)
		r->overlap = 0; /* zero needs no unit */
	else if (s && text_duration(s, &ms) && ms >= 0 &&
		 ms <= STORE_OVERLAP_MAX)
		r->overlap = ms;
	else
		field_errors_add(
			errors, name,
			"must be a duration from 0s to 7d, such as \"24h\"");
}

enum err api_secret_rotate(struct call *c)
{
	struct rotation r = {.overlap = STORE_OVERLAP_DEFAULT,
			     .secret = hook_form_new_secret(c)};
	static const struct body_member member = {"overlap", read_overlap,
						  BODY_OPTIONAL};
	static const struct body_schema schema = {.member = &member,
						  .count = 1};
	struct store_hook hook;
	enum err e = body_read(c, &schema, &r);

	if (!e)
		e = hook_change_run(c, edit, &r, &hook);
	if (!e)
		answer_secret(c, r.secret);
	return e;
}
