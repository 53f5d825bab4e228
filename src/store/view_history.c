/* SPDX-License-Identifier: MIT */
/*
 * view_history: notifications, their deliveries, and every attempt.
 */
#include "store/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "outside/attempt.h"
#include "outside/crypt.h"
#include "outside/jscan.h"
#include "outside/jtree.h"
#include "store/store_delivery.h"
#include "store/store_notification.h"

/* Byte for byte as it was published. That of a rejected notification may not
 * have been kept, and an earlier version kept texts that are no JSON. */
static void put_resource(struct jtree *v, const char *s, size_t len)
{
	struct jscan_error error;

	if (!len)
		jtree_put_null(v, "resource");
	else if (jscan_check(s, len, JSCAN_DEPTH_MAX, &error))
		jtree_put_json(v, "resource", s, len);
	else
		jtree_put_string_len(v, "resource", s, len);
}

struct jtree *view_notification(const struct store_notification *n)
{
	struct jtree *v = jtree_object();

	if (!n->waits)
		view_put_id(v, "_id", &n->id);
	jtree_put_string(v, "action", n->action);
	view_put_id(v, "organization", &n->organization);
	if (n->user)
		jtree_put_string(v, "user", n->user);
	view_put_time(v, "createdAt", n->created_at);
	view_put_time(v, "occurred_at", n->occurred_at);
	view_put_when(v, n->deliver_at, n->expires_at, n->replace_key);
	jtree_put_string(v, "state", n->state);
	if (n->reason)
		jtree_put_string(v, "reason", n->reason);
	if (n->erased)
		jtree_put_bool(v, "erased", true);
	if (n->resource)
		put_resource(v, n->resource, n->resource_len);
	return v;
}

static void put_ms(struct jtree *v, const char *name, int64_t us)
{
	jtree_put_double(v, name, (double)us / 1000);
}

static void put_last(struct jtree *v, const struct store_delivery *d)
{
	if (d->last_status)
		jtree_put_int(v, "lastStatus", d->last_status);
	else
		jtree_put_null(v, "lastStatus");
	if (d->last_error)
		jtree_put_string(v, "lastError", d->last_error);
	else
		jtree_put_null(v, "lastError");
	if (d->tried)
		put_ms(v, "lastDuration", d->last_us);
	else
		jtree_put_null(v, "lastDuration");
}

struct jtree *view_delivery(const struct store_delivery *d)
{
	struct jtree *v = jtree_object();

	view_put_id(v, "_id", &d->id);
	view_put_id(v, "hook", &d->hook);
	view_put_id(v, "notification", &d->notification);
	jtree_put_string(v, "action", d->action);
	view_put_id(v, "organization", &d->organization);
	if (d->user)
		jtree_put_string(v, "user", d->user);
	jtree_put_string(v, "state", d->state);
	if (d->reason)
		jtree_put_string(v, "reason", d->reason);
	if (d->erased)
		jtree_put_bool(v, "erased", true);
	jtree_put_string(v, "webhookId", d->webhook_id);
	put_last(v, d);
	jtree_put_int(v, "attemptCount", d->attempts);
	jtree_put_bool(v, "maybeDuplicate", d->maybe_duplicate);
	view_put_time(v, "nextAttemptAt", d->due_at);
	view_put_time(v, "createdAt", d->created_at);
	view_put_time(v, "finishedAt", d->finished_at);
	view_put_time(v, "occurred_at", d->occurred_at);
	return v;
}

struct jtree *view_deliveries(const struct store_delivery *list, size_t n)
{
	struct jtree *all = jtree_array();

	for (size_t i = 0; i < n; i++)
		jtree_add(all, view_delivery(&list[i]));
	return all;
}

/* ---- attempts ---- */

static struct jtree *timings(const struct store_attempt *a)
{
	struct jtree *v = jtree_object();

	put_ms(v, "dns", a->dns_us);
	put_ms(v, "connect", a->connect_us);
	put_ms(v, "tls", a->tls_us);
	put_ms(v, "firstByte", a->first_byte_us);
	put_ms(v, "total", a->total_us);
	return v;
}

static const char *sentence(const char *code)
{
	for (int e = 0; code && e < ATTEMPT_ERROR_MAX; e++)
		if (strcmp(attempt_error_code((enum attempt_error)e), code) ==
		    0)
			return attempt_error_text((enum attempt_error)e);
	return NULL;
}

static void put_base64(struct jtree *v, const char *name, const char *p,
		       size_t n)
{
	char *text = xmalloc(CRYPT_BASE64_SIZE(n));

	crypt_base64(text, p, n);
	jtree_put_string(v, name, text);
	free(text);
}

/* A text that was cut within a character is still a text. */
static size_t whole_length(const struct store_attempt *a)
{
	size_t most = a->kept == ATTEMPT_CUT ? 3 : 0;

	for (size_t n = 0; n <= most && n < a->body_len; n++)
		if (text_is_utf8(a->body, a->body_len - n))
			return a->body_len - n;
	return 0;
}

static void put_body(struct jtree *v, const struct store_attempt *a)
{
	size_t length = a->body ? whole_length(a) : 0;
	bool is_text = !a->body_len || length;

	jtree_put_string(v, "bodyEncoding", is_text ? "utf-8" : "base64");
	if (!a->body)
		jtree_put_null(v, "body");
	else if (is_text)
		jtree_put_string_len(v, "body", a->body, length);
	else
		put_base64(v, "body", a->body, a->body_len);
}

static struct jtree *response(const struct store_attempt *a)
{
	struct jtree *v = jtree_object();

	if (a->headers)
		jtree_put_string_len(v, "headers", a->headers, a->headers_len);
	else
		jtree_put_null(v, "headers");
	put_body(v, a);
	jtree_put_bool(v, "truncated", a->kept == ATTEMPT_CUT);
	if (a->length < 0)
		jtree_put_null(v, "length");
	else
		jtree_put_int(v, "length", a->length);
	return v;
}

/* Why headers and body are not there, although there was an answer. */
static const char *withheld_reason(const struct store_attempt *a)
{
	switch (a->kept) {
	case ATTEMPT_OWN:
		return "own_address";
	case ATTEMPT_FULL:
		return "max_stored";
	case ATTEMPT_ERASED:
		return "erased";
	default:
		return NULL;
	}
}

struct jtree *view_attempt(const struct store_attempt *a)
{
	struct jtree *v = jtree_object();

	jtree_put_int(v, "attempt", a->number);
	view_put_time(v, "startedAt", a->started_at);
	put_ms(v, "duration", a->total_us);
	jtree_put(v, "timings", timings(a));
	jtree_put_string(v, "remoteAddress", a->remote);
	jtree_put_string(v, "tlsVersion", a->tls_version);
	if (a->status)
		jtree_put_int(v, "status", a->status);
	else
		jtree_put_null(v, "status");
	jtree_put_string(v, "error", a->error);
	jtree_put_string(v, "errorText", sentence(a->error));
	jtree_put_bool(v, "withheld", withheld_reason(a) != NULL);
	if (withheld_reason(a))
		jtree_put_string(v, "withheldReason", withheld_reason(a));
	jtree_put(v, "response", response(a));
	return v;
}

struct jtree *view_attempts(const struct store_attempt *list, size_t n)
{
	struct jtree *all = jtree_array();

	for (size_t i = 0; i < n; i++)
		jtree_add(all, view_attempt(&list[i]));
	return all;
}
