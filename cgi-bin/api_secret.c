/*
 * api_secret: /v2/hooks/:id/secret, shown and rotated.
 */
#include <string.h>

#include "api.h"
#include "call.h"
#include "faults.h"
#include "hook_change.h"
#include "hook_form.h"
#include "js.h"
#include "store_hook.h"
#include "store_secret.h"
#include "text.h"

static void answer(struct call *c, const char *secret)
{
	struct js *v = js_object();

	js_put_string(v, "secret", secret);
	response_json(c->response, 200, v);
}

enum err api_secret_get(struct call *c)
{
	char secret[SIGN_SECRET_SIZE];
	struct store_hook hook;
	struct id id;
	enum err e = call_id(c, 0, &id);

	if (!e)
		e = store_hook_get(c->store, c->arena, &c->key.org.id, &id,
				   &hook);
	if (!e)
		e = store_secret_current(c->store, hook.key, secret);
	if (!e)
		answer(c, secret);
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

static void read_overlap(struct faults *f, const struct js *v, int64_t *overlap)
{
	const char *s = js_string(v, NULL);
	int64_t ms;

	if (js_is_null(v))
		return;
	if (s && text_duration(s, &ms) && ms >= 0 && ms <= STORE_OVERLAP_MAX)
		*overlap = ms;
	else
		faults_add(f, "overlap",
			   "must be a duration from 0s to 7d, such as \"24h\"");
}

static enum err read_rotation(struct call *c, struct rotation *r)
{
	struct faults faults;
	const struct js *v;
	const char *name;
	struct js_iter it;
	struct js *body;
	enum err e = call_json(c, "{}", &body);

	if (e)
		return e;
	faults_init(&faults, "");
	if (!js_is_object(body))
		faults_add(&faults, NULL, "must be an object");
	for (js_iter_init(&it, body); js_iter_next(&it, &name, &v);) {
		if (strcmp(name, "overlap") == 0)
			read_overlap(&faults, v, &r->overlap);
		else
			faults_add(&faults, name, "is not known here");
	}
	js_free(body);
	return faults_answer(&faults, c);
}

enum err api_secret_rotate(struct call *c)
{
	struct rotation r = {.overlap = STORE_OVERLAP_DEFAULT,
			     .secret = hook_form_new_secret(c)};
	struct store_hook hook;
	enum err e = read_rotation(c, &r);

	if (!e)
		e = hook_change_run(c, edit, &r, &hook);
	if (!e)
		answer(c, r.secret);
	return e;
}
