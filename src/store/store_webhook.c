/* SPDX-License-Identifier: MIT */
/*
 * store_webhook: made of keys and times, and found by the index over
 * notification and hook.
 */
#include "store/store_webhook.h"

#include <string.h>

#include "store/store.h"

void store_webhook_id(const struct store *s, char out[WEBHOOK_ID_SIZE],
		      const struct store_webhook *w)
{
	struct webhook_id name = {.batch = w->batch};
	struct id id;

	if (w->created_at < s->webhook_id_since) {
		store_id(s, &id, w->batch ? ID_BATCH : ID_DELIVERY,
			 w->created_at, w->key);
		id_format(out, &id);
		return;
	}
	store_id(s, &name.notification, ID_NOTIFICATION, w->published_at,
		 w->notification);
	store_id(s, &name.hook, ID_HOOK, w->hook_created_at, w->hook);
	webhook_id_format(out, &name);
}

static enum err find_pair(struct store *s, const struct webhook_id *w,
			  struct id *delivery)
{
	uint64_t notification, hook;
	int64_t published_s, made_s;
	struct db_stmt *q;
	enum err e;

	if (!store_key(s, &w->notification, ID_NOTIFICATION, &notification,
		       &published_s) ||
	    !store_key(s, &w->hook, ID_HOOK, &hook, &made_s))
		return ERR_NOT_FOUND;
	e = db_query(s->db,
		     "SELECT d.id, d.created_at, n.created_at, h.created_at "
		     "FROM vh_deliveries d FORCE INDEX (fanout) "
		     "JOIN vh_notifications n ON n.id = d.notification_id "
		     "JOIN vh_hooks h ON h.id = d.hook_id "
		     "WHERE d.notification_id = ? AND d.hook_id = ?",
		     DB_ARGS(db_uint(notification), db_uint(hook)), &q);
	if (e)
		return e;
	if (!db_next(q) || db_col_time(q, 2) / 1000 != published_s ||
	    db_col_time(q, 3) / 1000 != made_s)
		return ERR_NOT_FOUND;
	store_id(s, delivery, ID_DELIVERY, db_col_time(q, 1),
		 db_col_uint(q, 0));
	return ERR_OK;
}

enum err store_webhook_find(struct store *s, const char *text,
			    struct id *delivery)
{
	size_t len = strlen(text);
	struct webhook_id w;
	int64_t created_s;
	uint64_t key;
	enum err e = db_connect(s->db); /* the site is known then */

	if (e)
		return e;
	if (webhook_id_parse(text, len, &w))
		return find_pair(s, &w, delivery);
	if (!id_parse(text, len, delivery))
		return ERR_NOT_FOUND;
	if (store_key(s, delivery, ID_BATCH, &key, &created_s))
		store_id(s, delivery, ID_DELIVERY, created_s * 1000, key);
	return ERR_OK;
}
