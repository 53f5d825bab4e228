/* SPDX-License-Identifier: MIT */
/*
 * takeover_row: the rules for each column, then the copy.
 */
#include "deliver/takeover_row.h"

#include <string.h>

#include "base/mem.h"
#include "outside/conf.h"
#include "outside/jscan.h"
#include "rules/publishable.h"
#include "rules/valid.h"

/* ---- the rules ---- */

static bool has_nul(const char *s, size_t len)
{
	return s && memchr(s, '\0', len);
}

static const char *check_form(const struct store_outbox_row *row)
{
	if (!row->action)
		return "is missing";
	if (row->action_cut)
		return "is too long";
	if (has_nul(row->action, row->action_len))
		return "holds a NUL";
	return publishable_action(row->action);
}

bool takeover_row_unlisted(const struct store_outbox_row *row,
			   const struct conf *conf)
{
	return row->organization_known && !row->action_listed &&
	       !conf_any_action(conf) && !check_form(row);
}

static const char *check_user(const struct store_outbox_row *row)
{
	if (row->user_cut)
		return "is too long";
	if (has_nul(row->user, row->user_len))
		return "holds a NUL";
	return row->user ? publishable_user(row->user) : NULL;
}

static const char *takeover_check_key(const struct store_outbox_row *row)
{
	if (row->idempotency_cut)
		return "is too long";
	return row->idempotency_key
		       ? valid_idempotency_key(row->idempotency_key,
					       row->idempotency_len)
		       : NULL;
}

static const char *takeover_check_resource(const struct store_outbox_row *row,
					   size_t max, struct arena *arena)
{
	char why[PUBLISHABLE_WHY_SIZE];

	if (!row->resource && row->resource_len)
		return arena_printf(arena,
				    "%zu bytes are more than [api] max_body",
				    row->resource_len);
	if (!row->resource)
		return "is missing";
	return publishable_resource(row->resource, row->resource_len, max, why)
		       ? NULL
		       : arena_strdup(arena, why);
}

const char *takeover_row_check(const struct store_outbox_row *row,
			       const struct conf *conf, const char *unlisted,
			       struct arena *arena)
{
	const char *field = "organization", *why = NULL;

	if (!row->organization_known)
		why = "is unknown";
	if (!why) {
		field = "idempotency_key";
		why = takeover_check_key(row);
	}
	if (!why) {
		field = "action";
		why = check_form(row);
		if (takeover_row_unlisted(row, conf))
			why = unlisted;
	}
	if (!why) {
		field = "user";
		why = check_user(row);
	}
	if (!why && row->occurred_wrong) {
		field = "occurred_at";
		why = "is over 400 days away, or no time";
	}
	if (!why) {
		field = "resource";
		why = takeover_check_resource(row, conf->api.max_body, arena);
	}
	return why ? arena_printf(arena, "%s: %s", field, why) : NULL;
}

/* ---- the copy ---- */

static bool is_kept(const struct store_outbox_row *row)
{
	struct jscan_error error;

	return row->resource && jscan_check(row->resource, row->resource_len,
					    JSCAN_DEPTH_MAX, &error);
}

static const char *copy(struct arena *arena, const char *s, size_t n)
{
	return s ? arena_memdup(arena, s, n) : NULL;
}

struct store_taken takeover_row_copy(const struct store_outbox_row *row,
				     const char *reason, struct arena *arena)
{
	struct store_taken taken = {
		.outbox_key = row->key,
		.organization = row->organization,
		.action = row->action
				  ? copy(arena, row->action, row->action_len)
				  : "",
		.action_len = row->action_len,
		.user = copy(arena, row->user, row->user_len),
		.user_len = row->user_len,
		.idempotency_key =
			copy(arena, row->idempotency_key, row->idempotency_len),
		.idempotency_len = row->idempotency_len,
		.resource = "",
		.accepted_at = row->accepted_at
				       ? arena_strdup(arena, row->accepted_at)
				       : NULL,
		.occurred_at = row->occurred_at && !row->occurred_wrong
				       ? arena_strdup(arena, row->occurred_at)
				       : NULL,
		.reason = reason,
	};

	if (!reason || is_kept(row)) {
		taken.resource = copy(arena, row->resource, row->resource_len);
		taken.resource_len = row->resource_len;
	}
	return taken;
}
