/* SPDX-License-Identifier: MIT */
/*
 * takeover_write: the notifications first, then their effect on others.
 */
#include "deliver/takeover_write.h"

#include <stdlib.h>

#include "deliver/takeover.h"
#include "store/store.h"
#include "store/store_fanout.h"
#include "store/store_outbox.h"
#include "store/store_schedule.h"

/* The first user of an idempotency key wins. The notification is there already,
 * because its own key is noted with that. */
static enum err claim(struct store *s, struct store_taken *row, uint64_t key)
{
	enum err e;

	if (row->reason || !row->idempotency_key)
		return ERR_OK;
	e = store_outbox_claim(s, row, key, s->conf->retention.idempotency);
	if (e != ERR_CONFLICT)
		return e;
	row->reason = "idempotency_key: was used before";
	return store_fanout_reject(s, key, row->reason);
}

static int by_key(const void *a, const void *b)
{
	const struct store_taken *x = a, *y = b;

	return (x->outbox_key > y->outbox_key) -
	       (x->outbox_key < y->outbox_key);
}

/* What it cancels, what it replaces, also when it goes at once itself, and
 * whether it is scheduled: `later`. */
static enum err carry_out(struct store *s, const struct store_taken *row,
			  uint64_t key, bool *later)
{
	enum err e = ERR_OK;

	if (row->cancels)
		e = store_schedule_end_key(s, &row->organization, row->cancels,
					   row->cancels_len,
					   STORE_SCHEDULE_CANCELLED);
	if (e && e != ERR_NOT_FOUND)
		return e;
	*later = row->later && !row->replace_key;
	return row->replace_key && !row->bare
		       ? store_schedule_replace(s, &row->organization,
						row->replace_key,
						row->replace_len, key)
		       : ERR_OK;
}

/* One after the other: a row may replace or cancel what one before it has
 * scheduled. `keys`: of the rows that are kept. */
static enum err carry_out_all(struct store *s, struct store_taken *rows,
			      size_t n, const uint64_t *keys)
{
	uint64_t later[TAKEOVER_PART];
	size_t kept = 0, count = 0;
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < n; i++) {
		uint64_t key = rows[i].bare ? 0 : keys[kept++];
		bool is_later = false;

		if (!rows[i].bare)
			e = claim(s, &rows[i], key);
		if (!e && !rows[i].reason)
			e = carry_out(s, &rows[i], key, &is_later);
		if (is_later)
			later[count++] = key;
	}
	return e || !count ? e : store_schedule_add(s, later, count);
}

enum err takeover_write(struct store *s, struct store_taken *rows, size_t n,
			struct takeover_count *done)
{
	uint64_t keys[TAKEOVER_PART], gone[TAKEOVER_PART];
	struct store_taken kept[TAKEOVER_PART];
	size_t count = 0;
	enum err e;

	if (!n)
		return ERR_OK;
	qsort(rows, n, sizeof(*rows), by_key);
	for (size_t i = 0; i < n; i++) {
		gone[i] = rows[i].outbox_key;
		if (!rows[i].bare)
			kept[count++] = rows[i];
	}
	e = store_outbox_keep(s, kept, count, keys);
	if (!e)
		e = carry_out_all(s, rows, n, keys);
	done->taken += n;
	for (size_t j = 0; j < n; j++)
		done->rejected += rows[j].reason != NULL;
	return e ? e : store_outbox_remove(s, gone, n);
}
