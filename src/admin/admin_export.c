/* SPDX-License-Identifier: MIT */
/*
 * admin_export: hooks-admin export: everything that belongs to an organization,
 * one JSON object on each line with one member whose name says the kind. It
 * contains what a key of the role manage can read in lists: no secret, no key,
 * no key's hash.
 *
 * Rows are written page by page while they are read, so that neither the input
 * nor the output is ever in memory as a whole.
 */
#include <string.h>

#include "admin/admin.h"
#include "outside/jscan.h"
#include "store/store_action.h"
#include "store/store_delivery.h"
#include "store/store_hook.h"
#include "store/store_key.h"
#include "store/store_notification.h"
#include "store/store_org.h"
#include "store/view.h"

enum {
	PAGE_BYTES = 4 * 1024 * 1024, /* of resources, at most */
	PAGE_MAX = 200,
	FLUSH_BYTES = 64 * 1024
};

struct export
{
	struct admin *a;
	struct store_org org;
	struct arena arena; /* of a page */
};

static enum err flush(struct export *x)
{
	return x->a->out.len < FLUSH_BYTES ? ERR_OK : admin_flush(x->a);
}

/* Takes `v`. */
static enum err export_line(struct export *x, const char *what, struct jtree *v)
{
	struct jtree *outer = jtree_object();

	jtree_put(outer, what, v);
	admin_json(x->a, outer);
	return flush(x);
}

/* ---- lists that are short ---- */

static enum err keys(struct export *x)
{
	struct store_key *list;
	size_t n;
	enum err e =
		store_key_list(&x->a->store, &x->org.id, &x->arena, &list, &n);

	for (size_t i = 0; !e && i < n; i++)
		e = export_line(x, "key", admin_key_view(&list[i]));
	return e;
}

/* Those of its own; the installation's are nobody's data. */
static enum err actions(struct export *x)
{
	struct store_action *list;
	size_t n;
	enum err e = store_action_list(&x->a->store, &x->arena, &x->org.id,
				       &list, &n);

	for (size_t i = 0; !e && i < n; i++)
		if (list[i].own)
			e = export_line(x, "action", view_action(&list[i]));
	return e;
}

static enum err hooks(struct export *x)
{
	struct store_hook_query query = {.action = "", .limit = PAGE_MAX};
	struct store_hook *list;
	struct id last;
	bool more = true;
	size_t n;
	enum err e = ERR_OK;

	while (!e && more) {
		arena_release(&x->arena);
		e = store_hook_list(&x->a->store, &x->arena, &x->org.id, &query,
				    &list, &n, &more);
		for (size_t i = 0; !e && i < n; i++) {
			last = list[i].id;
			query.after = &last;
			e = export_line(x, "hook", view_hook(&list[i], true));
		}
	}
	return e;
}

/* ---- notifications ---- */

/* Accepted JSON has control characters only as blanks between tokens. */
static void put_on_one_line(struct buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf_putc(out, (unsigned char)s[i] < ' ' ? ' ' : s[i]);
}

/* The resource is written as it was published, to the digit, without a JSON
 * library. A resource of an application that is not JSON is written as text. */
static enum err notification(struct export *x, struct store_notification *n)
{
	struct buf *out = &x->a->out;
	const char *resource = n->resource;
	struct jscan_error error;
	struct jtree *outer;

	if (!jscan_check(resource, n->resource_len, JSCAN_DEPTH_MAX, &error))
		return export_line(x, "notification", view_notification(n));
	n->resource = NULL;
	outer = jtree_object();
	jtree_put(outer, "notification", view_notification(n));
	jtree_write(out, outer);
	jtree_free(outer);
	out->len -= 2; /* the braces at its end */
	buf_puts(out, ",\"resource\":");
	put_on_one_line(out, resource, n->resource_len);
	buf_puts(out, "}}\n");
	return flush(x);
}

static size_t page_size(const struct export *x)
{
	size_t fit = PAGE_BYTES / x->a->conf.api.max_body;

	if (fit > PAGE_MAX)
		return PAGE_MAX;
	return fit ? fit : 1;
}

static enum err notifications(struct export *x)
{
	struct store_notification *list;
	uint64_t after = 0;
	size_t n = 1;
	enum err e = ERR_OK;

	while (!e && n) {
		arena_release(&x->arena);
		e = store_notification_next(&x->a->store, &x->arena, &x->org.id,
					    after, page_size(x), &list, &n);
		for (size_t i = 0; !e && i < n; i++) {
			after = list[i].key;
			e = notification(x, &list[i]);
		}
	}
	return e;
}

/* ---- deliveries ---- */

static enum err delivery(struct export *x, const struct store_delivery *d)
{
	struct store_attempt *list;
	struct arena arena;
	struct jtree *v;
	size_t n = 0;
	enum err e;

	arena_init(&arena);
	e = store_delivery_attempts(&x->a->store, &arena, d->key, 0,
				    STORE_ATTEMPT_END, &list, &n);
	if (!e) {
		v = view_delivery(d);
		jtree_put(v, "attempts", view_attempts(list, n));
		e = export_line(x, "delivery", v);
	}
	arena_release(&arena);
	return e;
}

static enum err deliveries(struct export *x)
{
	struct store_delivery *list;
	uint64_t after = 0;
	size_t n = 1;
	enum err e = ERR_OK;

	while (!e && n) {
		arena_release(&x->arena);
		e = store_delivery_next(&x->a->store, &x->arena, &x->org.id,
					after, PAGE_MAX, &list, &n);
		for (size_t i = 0; !e && i < n; i++) {
			after = list[i].key;
			e = delivery(x, &list[i]);
		}
	}
	return e;
}

enum err admin_export(struct admin *a)
{
	static enum err (*const parts[])(struct export *) = {
		keys, actions, hooks, notifications, deliveries};
	struct export x = {.a = a};
	struct id org;
	enum err e = admin_org(a, a->arg[0], &org);

	if (!e)
		e = store_org_find(&a->store, &org, &x.org);
	if (e)
		return e;
	a->exact = true;
	arena_init(&x.arena);
	e = export_line(&x, "organization", view_org(&x.org));
	for (size_t i = 0; !e && i < sizeof(parts) / sizeof(parts[0]); i++)
		e = parts[i](&x);
	arena_release(&x.arena);
	return e;
}
