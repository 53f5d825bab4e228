/* SPDX-License-Identifier: MIT */
/*
 * view: from structs to JSON.
 */
#include "store/view.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "outside/jtree.h"
#include "rules/id.h"
#include "rules/standing.h"
#include "rules/target.h"
#include "store/store_action.h"
#include "store/store_hook.h"
#include "store/store_org.h"
#include "store/vault_headers.h"

void view_put_id(struct jtree *object, const char *name, const struct id *id)
{
	char text[ID_TEXT_SIZE];

	id_format(text, id);
	jtree_put_string(object, name, text);
}

void view_put_time(struct jtree *object, const char *name, int64_t ms)
{
	char text[TEXT_TIME_SIZE];

	if (ms == TIME_NONE) {
		jtree_put_null(object, name);
		return;
	}
	text_time(text, ms);
	jtree_put_string(object, name, text);
}

void view_put_when(struct jtree *object, int64_t deliver_at, int64_t expires_at,
		   const char *replace_key)
{
	if (deliver_at != TIME_NONE)
		view_put_time(object, "deliver_at", deliver_at);
	if (expires_at != TIME_NONE)
		view_put_time(object, "expires_at", expires_at);
	if (replace_key)
		jtree_put_string(object, "replace_key", replace_key);
}

struct jtree *view_org(const struct store_org *org)
{
	struct jtree *v = jtree_object();

	view_put_id(v, "_id", &org->id);
	jtree_put_string(v, "name", org->name);
	view_put_time(v, "createdAt", org->created_at);
	view_put_time(v, "updatedAt", org->updated_at);
	jtree_put_int(v, "__v", 0);
	return v;
}

static struct jtree *headers(const char *stored, bool open)
{
	struct jtree *in = stored ? jtree_parse(stored, strlen(stored)) : NULL;
	struct jtree *out = jtree_object();
	const struct jtree *value;
	const char *name;
	struct jtree_iter it;

	for (jtree_iter_init(&it, in); jtree_iter_next(&it, &name, &value);) {
		const char *text = jtree_string(value, NULL);
		bool hidden = !open || vault_headers_is_sealed(text);

		jtree_put_string(out, name, hidden ? VIEW_HIDDEN : text);
	}
	jtree_free(in);
	return out;
}

/* In words: why nothing is sent, or the last failure. */
static void put_reason(struct jtree *v, const struct store_hook *h,
		       enum standing_is is)
{
	char text[40];

	if (is == STANDING_DISABLED && h->disabled_reason) {
		jtree_put_string(v, "reason", h->disabled_reason);
	} else if (is != STANDING_HEALTHY && h->lane.tried) {
		snprintf(text, sizeof(text), "status %u", h->lane.status);
		jtree_put_string(v, "reason",
				 h->lane.error ? h->lane.error : text);
	} else if (standing_reason(is)) {
		jtree_put_string(v, "reason", standing_reason(is));
	} else {
		jtree_put_null(v, "reason");
	}
}

static struct jtree *view_standing(const struct store_hook *h)
{
	struct standing s = store_hook_standing(h);
	struct jtree *v = jtree_object();

	jtree_put_string(v, "is", standing_name(s.is));
	view_put_time(v, "since", s.since);
	view_put_time(v, "until", s.until);
	put_reason(v, h, s.is);
	if (h->ordered && s.until != TIME_NONE && h->lane.tried)
		view_put_id(v, "delivery", &h->lane.first);
	else
		jtree_put_null(v, "delivery");
	return v;
}

/* Many services have a token in the query. */
static void put_target(struct jtree *v, const char *url, bool open)
{
	int length = (int)strcspn(url, "?");
	char text[TARGET_URL_MAX + sizeof("?" VIEW_HIDDEN)];

	if (!open && url[length]) {
		snprintf(text, sizeof(text), "%.*s?" VIEW_HIDDEN, length, url);
		url = text;
	}
	jtree_put_string(v, "target_url", url);
}

struct jtree *view_hook(const struct store_hook *h, bool open)
{
	struct jtree *v = jtree_object();

	view_put_id(v, "_id", &h->id);
	put_target(v, h->target_url, open);
	jtree_put_string(v, "action", h->action);
	jtree_put_string(v, "scope", h->user ? "user" : "organization");
	view_put_id(v, "organization", &h->organization);
	view_put_time(v, "updatedAt", h->updated_at);
	view_put_time(v, "createdAt", h->created_at);
	jtree_put_int(v, "__v", 0);
	if (h->user)
		jtree_put_string(v, "user", h->user);
	jtree_put_bool(v, "enabled", h->enabled);
	if (!h->enabled)
		jtree_put_string(v, "disabledReason",
				 h->disabled_reason ? h->disabled_reason : "");
	jtree_put_string(v, "description", h->description);
	jtree_put(v, "headers", headers(h->headers, open));
	jtree_put_int(v, "batch_size", h->batch_size);
	jtree_put_int(v, "rate_limit", h->rate_limit);
	jtree_put_bool(v, "ordered", h->ordered);
	jtree_put(v, "state", view_standing(h));
	return v;
}

/* ---- actions ---- */

struct jtree *view_action_named(const char *name, const char *description,
				bool own)
{
	struct jtree *v = jtree_object();

	jtree_put_string(v, "action", name);
	jtree_put_string(v, "description", description);
	jtree_put_string(v, "scope", own ? "organization" : "installation");
	return v;
}

struct jtree *view_action(const struct store_action *a)
{
	struct jtree *v = view_action_named(a->name, a->description, a->own);

	if (a->example)
		jtree_put_json(v, "example", a->example, strlen(a->example));
	else
		jtree_put_null(v, "example");
	jtree_put_bool(v, "operational", false);
	jtree_put_bool(v, "publishable", true);
	jtree_put_bool(v, "hookable", true);
	return v;
}
