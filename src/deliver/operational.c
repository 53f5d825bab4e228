/* SPDX-License-Identifier: MIT */
/*
 * operational: the rows of operational notifications, and their deliveries.
 */
#include "deliver/operational.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "outside/jtree.h"
#include "rules/action.h"
#include "store/store.h"
#include "store/store_delivery.h"
#include "store/store_fanout.h"
#include "store/store_hook.h"
#include "store/store_lane_hook.h"
#include "store/store_match.h"
#include "store/store_outcome.h"
#include "store/view.h"

enum {
	RESOURCE_MAX = 1024 * 1024,
	OPERATIONAL_MAX = 256 /* in one statement */
};

static enum err operational_publish(struct store *s,
				    const struct id *organization,
				    const char *action, const char *user,
				    struct jtree *resource,
				    struct store_matched *out)
{
	struct buf text;
	enum err e;

	buf_init(&text, RESOURCE_MAX);
	jtree_write(&text, resource);
	e = store_fanout_insert(s, organization, action, user, text.data,
				text.len, out);
	buf_release(&text);
	return e;
}

enum err operational_hook_disabled(struct store *s, struct arena *arena,
				   const struct store_lane_hook *lane_hook)
{
	struct store_hook hook;
	struct store_matched row;
	struct jtree *view;
	struct id id;
	enum err e;

	store_id(s, &id, ID_HOOK, lane_hook->created_at, lane_hook->hook);
	e = store_hook_get(s, arena, &lane_hook->organization, &id, &hook);
	if (e)
		return e;
	view = view_hook(&hook, false);
	e = operational_publish(s, &hook.organization, ACTION_HOOK_DISABLED,
				hook.user, view, &row);
	jtree_free(view);
	return e ? e : store_fanout_own(s, arena, &row, 1);
}

/* ---- deliveries that failed ---- */

/* Lists their organizations, each once. */
static size_t organizations_of(const struct store_failed *list, size_t n,
			       struct id *out)
{
	size_t count = 0, j;

	for (size_t i = 0; i < n; i++) {
		for (j = 0; j < count; j++)
			if (id_equal(&out[j], &list[i].organization))
				break;
		if (j == count)
			out[count++] = list[i].organization;
	}
	return count;
}

static bool is_wanted(const struct store_failed *f, const struct id *orgs,
		      const bool *wanted, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (id_equal(&orgs[i], &f->organization))
			return wanted[i];
	return false;
}

static bool has_key(const uint64_t *keys, size_t n, uint64_t key)
{
	for (size_t i = 0; i < n; i++)
		if (keys[i] == key)
			return true;
	return false;
}

static enum err choose_wanted(struct store *s, struct store_failed *list,
			      size_t *n)
{
	struct id orgs[OPERATIONAL_MAX];
	bool wanted[OPERATIONAL_MAX];
	size_t count = organizations_of(list, *n, orgs), kept = 0;
	enum err e = store_fanout_wanted(s, ACTION_DELIVERY_FAILED, orgs, count,
					 wanted);

	for (size_t i = 0; !e && i < *n; i++)
		if (is_wanted(&list[i], orgs, wanted, count))
			list[kept++] = list[i];
	if (!e)
		*n = kept;
	return e;
}

static enum err choose_pending(struct store *s, struct store_failed *list,
			       size_t *n)
{
	uint64_t keys[OPERATIONAL_MAX];
	size_t count = *n, kept = 0;
	enum err e;

	for (size_t i = 0; i < count; i++)
		keys[i] = list[i].key;
	e = store_outcome_pending(s, keys, &count);
	for (size_t i = 0; !e && i < *n; i++)
		if (has_key(keys, count, list[i].key))
			list[kept++] = list[i];
	if (!e)
		*n = kept;
	return e;
}

enum err operational_failed_choose(struct store *s, struct store_failed *list,
				   size_t *n)
{
	size_t kept = 0, part;
	enum err e = ERR_OK;

	for (size_t at = 0; at < *n && !e; at += OPERATIONAL_MAX) {
		part = *n - at < OPERATIONAL_MAX ? *n - at : OPERATIONAL_MAX;
		memmove(list + kept, list + at, part * sizeof(*list));
		e = choose_wanted(s, list + kept, &part);
		if (!e && part)
			e = choose_pending(s, list + kept, &part);
		kept += part;
	}
	if (!e)
		*n = kept;
	return e;
}

/* The host of a URL that was checked when it was stored; without its port. */
static char *host_of(struct arena *arena, const char *url)
{
	const char *host = strstr(url, "://");

	host = host ? host + 3 : url;
	return arena_memdup(arena, host,
			    *host == '[' ? strcspn(host, "]") + 1
					 : strcspn(host, ":/?#"));
}

/* For a receiver that sees nothing else. */
static enum err put_target_host(struct store *s, struct arena *arena,
				uint64_t key, struct jtree *v)
{
	const char *url;
	enum err e = store_delivery_target(s, arena, key, &url);

	if (!e)
		jtree_put_string(v, "host", host_of(arena, url));
	return e;
}

static enum err operational_tell(struct store *s, struct arena *arena,
				 const struct store_delivery *d, size_t n)
{
	struct store_matched rows[OPERATIONAL_MAX];
	enum err e = ERR_OK;

	for (size_t i = 0; i < n && !e; i++) {
		struct jtree *view = view_delivery(&d[i]);

		e = put_target_host(s, arena, d[i].key, view);
		if (!e)
			e = operational_publish(s, &d[i].organization,
						ACTION_DELIVERY_FAILED,
						d[i].user, view, &rows[i]);
		jtree_free(view);
	}
	return e ? e : store_fanout_own(s, arena, rows, n);
}

enum err operational_delivery_failed(struct store *s, struct arena *arena,
				     const struct store_failed *list, size_t n)
{
	uint64_t keys[OPERATIONAL_MAX];
	struct store_delivery *deliveries;
	size_t part, count;
	enum err e = ERR_OK;

	for (size_t at = 0; at < n && !e; at += part) {
		part = n - at < OPERATIONAL_MAX ? n - at : OPERATIONAL_MAX;
		for (size_t i = 0; i < part; i++)
			keys[i] = list[at + i].key;
		e = store_delivery_keys(s, arena, keys, part, &deliveries,
					&count);
		if (!e && count)
			e = operational_tell(s, arena, deliveries, count);
	}
	return e;
}

enum err operational_ended(struct store *s, struct store_failed *list, size_t n)
{
	struct arena arena;
	enum err e = choose_wanted(s, list, &n);

	if (e || !n)
		return e;
	arena_init(&arena);
	e = operational_delivery_failed(s, &arena, list, n);
	arena_release(&arena);
	return e;
}
