/*
 * view: structs to JSON.
 */
#include "store/view.h"

#include <string.h>

#include "rules/id.h"
#include "outside/js.h"
#include "store/store_hook.h"
#include "store/store_org.h"
#include "base/text.h"

void view_put_id(struct js *object, const char *name, const struct id *id)
{
	char text[ID_TEXT_SIZE];

	id_format(text, id);
	js_put_string(object, name, text);
}

void view_put_time(struct js *object, const char *name, int64_t ms)
{
	char text[TEXT_TIME_SIZE];

	if (ms == TIME_NONE) {
		js_put_null(object, name);
		return;
	}
	text_time(text, ms);
	js_put_string(object, name, text);
}

struct js *view_org(const struct store_org *org)
{
	struct js *v = js_object();

	view_put_id(v, "_id", &org->id);
	js_put_string(v, "name", org->name);
	view_put_time(v, "createdAt", org->created_at);
	view_put_time(v, "updatedAt", org->updated_at);
	js_put_int(v, "__v", 0);
	return v;
}

static struct js *headers(const char *stored, bool open)
{
	struct js *in = stored ? js_parse(stored, strlen(stored)) : NULL;
	struct js *out = js_object();
	const struct js *value;
	const char *name;
	struct js_iter it;

	for (js_iter_init(&it, in); js_iter_next(&it, &name, &value);)
		js_put_string(out, name,
			      open ? js_string(value, NULL) : VIEW_HIDDEN);
	js_free(in);
	return out;
}

struct js *view_hook(const struct store_hook *h, bool open)
{
	struct js *v = js_object();

	view_put_id(v, "_id", &h->id);
	js_put_string(v, "target_url", h->target_url);
	js_put_string(v, "action", h->action);
	js_put_string(v, "scope", h->user_scope ? "user" : "organization");
	view_put_id(v, "organization", &h->organization);
	view_put_time(v, "updatedAt", h->updated_at);
	view_put_time(v, "createdAt", h->created_at);
	js_put_int(v, "__v", 0);
	if (h->user_scope)
		view_put_id(v, "user", &h->user);
	js_put_bool(v, "enabled", h->enabled);
	if (!h->enabled)
		js_put_string(v, "disabledReason",
			      h->disabled_reason ? h->disabled_reason : "");
	js_put_string(v, "description", h->description);
	js_put(v, "headers", headers(h->headers, open));
	js_put_int(v, "batch_size", h->batch_size);
	js_put_int(v, "rate_limit", h->rate_limit);
	js_put_bool(v, "ordered", h->ordered);
	return v;
}
