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

static const char *takeover_check_replaced(const char *key, size_t len,
					   bool cut)
{
	if (cut)
		return "is longer than 128 bytes";
	return key ? valid_replace_key(key, len) : NULL;
}

bool takeover_row_is_bare(const struct store_outbox_row *row)
{
	return row->cancels && !row->action;
}

/* The first rule that is broken; `field`: the column. */
static const char *find_fault(const struct store_outbox_row *row,
			      const struct conf *conf, const char *unlisted,
			      struct arena *arena, const char **field)
{
	static const char away[] = "is over 400 days away, or no time";
	bool bare = takeover_row_is_bare(row);
	const struct {
		const char *field, *why;
	} faults[] = {
		{"organization", row->organization_known ? NULL : "is unknown"},
		{"cancels",
		 takeover_check_replaced(row->cancels, row->cancels_len,
					 row->cancels_cut)},
		{"idempotency_key", takeover_check_key(row)},
		{"action", bare ? NULL : check_form(row)},
		{"action", takeover_row_unlisted(row, conf) ? unlisted : NULL},
		{"user", check_user(row)},
		{"occurred_at", row->occurred_wrong ? away : NULL},
		{"deliver_at", row->deliver_wrong ? away : NULL},
		{"expires_at", row->expires_wrong ? away : NULL},
		{"expires_at",
		 row->expires_early ? "is not after deliver_at" : NULL},
		{"replace_key",
		 takeover_check_replaced(row->replace_key, row->replace_len,
					 row->replace_cut)},
	};

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		*field = faults[i].field;
		if (faults[i].why)
			return faults[i].why;
	}
	*field = "resource";
	return bare ? NULL
		    : takeover_check_resource(row, conf->api.max_body, arena);
}

const char *takeover_row_check(const struct store_outbox_row *row,
			       const struct conf *conf, const char *unlisted,
			       struct arena *arena)
{
	const char *field;
	const char *why = find_fault(row, conf, unlisted, arena, &field);

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

static const char *copy_time(struct arena *arena, const char *time, bool wrong)
{
	return time && !wrong ? arena_strdup(arena, time) : NULL;
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
		.occurred_at =
			copy_time(arena, row->occurred_at, row->occurred_wrong),
		.deliver_at =
			copy_time(arena, row->deliver_at, row->deliver_wrong),
		.expires_at =
			copy_time(arena, row->expires_at, row->expires_wrong),
		.later = row->later,
		.replace_key = row->replace_cut ? NULL
						: copy(arena, row->replace_key,
						       row->replace_len),
		.replace_len = row->replace_len,
		.cancels = copy(arena, row->cancels, row->cancels_len),
		.cancels_len = row->cancels_len,
		.bare = !reason && takeover_row_is_bare(row),
		.reason = reason,
	};

	if (!reason || is_kept(row)) {
		taken.resource = copy(arena, row->resource, row->resource_len);
		taken.resource_len = row->resource_len;
	}
	return taken;
}
