/* SPDX-License-Identifier: MIT */
/*
 * outbox: rows of vh_outbox as an application may write them. An input is a
 * line of flags (with k the user is a replace_key too, with x the idempotency
 * key cancels), then action, user, idempotency key and resource, a line each;
 * a missing one is NULL. A row that keeps the rules can be queued as it is; one
 * that breaks a rule has a reason that can be shown, and a resource that is no
 * JSON is not kept.
 */
#include "fuzz.h"

#include "base/text.h"
#include "deliver/takeover_row.h"
#include "outside/conf.h"
#include "outside/jscan.h"

enum { BODY_MAX = 300, REASON_MAX = 400 };

/* A column: its bytes up to the line's end, and the NUL that the database's
 * driver puts after a text. */
static const char *column(struct arena *arena, const char **at, const char *end,
			  size_t *len)
{
	const char *s = *at, *line;

	*len = 0;
	if (s > end)
		return NULL;
	line = memchr(s, '\n', (size_t)(end - s));
	*len = (size_t)((line ? line : end) - s);
	*at = s + *len + 1;
	return arena_memdup(arena, s, *len);
}

static void read_flags(struct store_outbox_row *row, const char *s, size_t len)
{
	row->organization_known = !memchr(s, 'o', len);
	row->action_cut = memchr(s, 'a', len);
	row->user_cut = memchr(s, 'u', len);
	row->idempotency_cut = memchr(s, 'i', len);
	row->replace_cut = memchr(s, 'r', len);
	row->cancels_cut = memchr(s, 'c', len);
	row->deliver_wrong = memchr(s, 'd', len);
	row->expires_wrong = memchr(s, 'e', len);
	row->expires_early = memchr(s, 'b', len);
	row->later = memchr(s, 'l', len);
}

static void read_row(struct store_outbox_row *row, struct arena *arena,
		     const char *at, const char *end)
{
	size_t len;
	const char *flags = column(arena, &at, end, &len);

	read_flags(row, flags, len);
	row->action = column(arena, &at, end, &row->action_len);
	row->user = column(arena, &at, end, &row->user_len);
	row->idempotency_key = column(arena, &at, end, &row->idempotency_len);
	if (memchr(flags, 'k', len)) {
		row->replace_key = row->user;
		row->replace_len = row->user_len;
	}
	if (memchr(flags, 'x', len)) {
		row->cancels = row->idempotency_key;
		row->cancels_len = row->idempotency_len;
	}
	if (at > end)
		return;
	/* A resource may hold line feeds, and a longer one is not read. */
	row->resource_len = (size_t)(end - at);
	if (row->resource_len && row->resource_len <= BODY_MAX)
		row->resource = arena_memdup(arena, at, row->resource_len);
}

static bool is_json(const char *s, size_t len)
{
	struct jscan_error error;

	return jscan_check(s, len, JSCAN_DEPTH_MAX, &error);
}

static void check_queued(const struct store_outbox_row *row,
			 const struct store_taken *taken)
{
	CHECK(row->organization_known && !row->action_cut && !row->user_cut &&
	      !row->idempotency_cut && !row->replace_cut && !row->cancels_cut);
	CHECK(!row->deliver_wrong && !row->expires_wrong &&
	      !row->expires_early);
	CHECK(!taken->replace_key || taken->replace_len <= 128);
	CHECK(taken->bare == (row->cancels && !row->action));
	if (taken->bare)
		return;
	CHECK(strlen(taken->action) == taken->action_len &&
	      taken->action_len == row->action_len);
	CHECK(!taken->user || strlen(taken->user) == taken->user_len);
	CHECK(!row->user == !taken->user &&
	      !row->idempotency_key == !taken->idempotency_key);
	CHECK(*taken->resource == '{' || strchr(" \t\r\n", *taken->resource));
	CHECK(taken->resource_len && taken->resource_len <= BODY_MAX);
	CHECK(is_json(taken->resource, taken->resource_len));
}

static void check_rejected(const struct store_taken *taken)
{
	size_t len = strlen(taken->reason);

	CHECK(len && len < REASON_MAX && text_is_utf8(taken->reason, len));
	for (size_t i = 0; i < len; i++)
		CHECK((unsigned char)taken->reason[i] >= ' ');
	CHECK(!taken->resource_len ||
	      is_json(taken->resource, taken->resource_len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char any[] = "any";
	const struct conf conf = {
		.api = {.max_body = BODY_MAX, .actions = any}};
	struct store_outbox_row row = {
		.key = 1, .accepted_at = "2026-01-02 03:04:05.678"};
	char *text = fuzz_text(data, size);
	struct store_taken taken;
	struct arena arena;
	const char *why;

	arena_init(&arena);
	read_row(&row, &arena, text, text + size);
	why = takeover_row_check(&row, &conf, "is not in the catalogue",
				 &arena);
	taken = takeover_row_copy(&row, why, &arena);
	CHECK(taken.outbox_key == 1 &&
	      !strcmp(taken.accepted_at, row.accepted_at));
	CHECK(taken.action && taken.resource && taken.reason == why);
	if (why)
		check_rejected(&taken);
	else
		check_queued(&row, &taken);
	arena_release(&arena);
	free(text);
	return 0;
}
