/*
 * raise: operational notifications.
 */
#include "raise.h"

#include "buf.h"
#include "js.h"
#include "match.h"
#include "mem.h"
#include "store.h"
#include "store_fanout.h"
#include "store_hook.h"
#include "store_lane_hook.h"
#include "view.h"

enum { RESOURCE_MAX = 1024 * 1024 };

static enum err publish(struct store *s, const struct id *organization,
			const char *action, struct js *resource)
{
	struct buf text;
	uint64_t key, made;
	enum err e;

	buf_init(&text, RESOURCE_MAX);
	js_write(&text, resource);
	e = store_fanout_insert(s, organization, action, text.data, text.len,
				&key);
	if (!e)
		e = store_fanout_spread(s, &key, 1, &made);
	buf_release(&text);
	return e;
}

enum err raise_hook_disabled(struct store *s, struct arena *arena,
			     const struct store_lane_hook *lane_hook)
{
	struct store_hook hook;
	struct js *view;
	struct id id;
	enum err e;

	store_id(s, &id, ID_HOOK, lane_hook->created_at, lane_hook->hook);
	e = store_hook_get(s, arena, &lane_hook->organization, &id, &hook);
	if (e)
		return e;
	view = view_hook(&hook, false);
	e = publish(s, &hook.organization, MATCH_HOOK_DISABLED, view);
	js_free(view);
	return e;
}
