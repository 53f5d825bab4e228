/* SPDX-License-Identifier: MIT */
/*
 * admin_publish: hooks-admin publish: one notification, its resource from a
 * file or from standard input.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "admin/admin.h"
#include "base/log.h"
#include "base/text.h"
#include "deliver/intake.h"
#include "rules/publishable.h"
#include "rules/valid.h"
#include "store/store_action.h"
#include "store/store_due.h"
#include "store/store_publish.h"
#include "store/store_schedule.h"
#include "store/store_stored.h"
#include "store/view.h"

struct publication {
	struct store_publish all;
	struct store_publication item;
	struct buf text; /* the input */
};

/* ---- reading ---- */

static enum err cannot_read(const char *path)
{
	log_error("%s: %s", path, strerror(errno));
	return ERR_NOT_FOUND;
}

static enum err read_stream(FILE *in, const char *path, struct buf *text)
{
	char chunk[4096];
	size_t n;

	while ((n = fread(chunk, 1, sizeof(chunk), in)) > 0)
		buf_add_cut(text, chunk, n);
	return ferror(in) ? cannot_read(path) : ERR_OK;
}

static enum err read_resource_file(const char *path, struct buf *text)
{
	FILE *in;
	enum err e;

	if (!path || strcmp(path, "-") == 0)
		return read_stream(stdin, "standard input", text);
	in = fopen(path, "re");
	if (!in)
		return cannot_read(path);
	e = read_stream(in, path, text);
	fclose(in);
	return e;
}

/* Takes the object itself: it is delivered without the blanks around it. */
static void trim_resource(const struct buf *text,
			  struct store_publication *item)
{
	static const char blank[] = " \t\r\n";
	const char *s = text->data;
	size_t n = text->len;

	while (n && memchr(blank, *s, sizeof(blank) - 1)) {
		s++;
		n--;
	}
	while (n && memchr(blank, s[n - 1], sizeof(blank) - 1))
		n--;
	item->resource = s;
	item->resource_len = n;
}

/* ---- checking ---- */

static enum err check_published_user(const struct admin *a,
				     struct publication *p)
{
	const char *given = a->option[ADMIN_USER];
	const char *why = given ? publishable_user(given) : NULL;

	if (why)
		return admin_invalid("--user", why);
	p->item.user = given;
	return ERR_OK;
}

static enum err check_idempotency_key(const struct admin *a,
				      struct publication *p)
{
	const char *key = a->option[ADMIN_IDEMPOTENCY_KEY];
	const char *why = key ? valid_idempotency_key(key, strlen(key)) : NULL;

	if (why)
		return admin_invalid("--idempotency-key", why);
	p->all.idempotency_key = key;
	return ERR_OK;
}

static enum err read_when(const struct admin *a, enum admin_option which,
			  const char *name, int64_t now, int64_t *out)
{
	const char *text = a->option[which];
	const char *why;

	if (!text)
		return ERR_OK;
	if (!text_time_parse(text, out))
		return admin_invalid(name, "must be a time such as "
					   "2021-05-27T08:03:53.775Z");
	why = publishable_time(*out, now);
	return why ? admin_invalid(name, why) : ERR_OK;
}

/* Times are compared with the database's clock. */
static enum err check_publication_times(struct admin *a, struct publication *p)
{
	struct store_publication *item = &p->item;
	const char *why = NULL;
	int64_t now;
	enum err e = store_now(&a->store, &now);

	if (!e)
		e = read_when(a, ADMIN_OCCURRED_AT, "--occurred-at", now,
			      &item->occurred_at);
	if (!e)
		e = read_when(a, ADMIN_DELIVER_AT, "--deliver-at", now,
			      &item->deliver_at);
	if (!e)
		e = read_when(a, ADMIN_EXPIRES_AT, "--expires-at", now,
			      &item->expires_at);
	if (!e && item->expires_at != TIME_NONE)
		why = publishable_end(item->expires_at, item->deliver_at, now);
	return why ? admin_invalid("--expires-at", why) : e;
}

static enum err check_replace_key(const struct admin *a, struct publication *p)
{
	const char *key = a->option[ADMIN_REPLACE_KEY];
	const char *why = key ? publishable_replace_key(key) : NULL;

	p->item.replace_key = key;
	return why ? admin_invalid("--replace-key", why) : ERR_OK;
}

/* The checks that do not need the file. */
static enum err check_arguments(struct admin *a, struct publication *p)
{
	const char *why = publishable_action(a->arg[1]);
	enum err e;

	if (why)
		return admin_invalid("ACTION", why);
	p->item.action = a->arg[1];
	e = check_published_user(a, p);
	if (!e)
		e = check_idempotency_key(a, p);
	if (!e)
		e = check_replace_key(a, p);
	return e ? e : check_publication_times(a, p);
}

static enum err check_resource(const struct admin *a, struct publication *p)
{
	char why[PUBLISHABLE_WHY_SIZE];

	trim_resource(&p->text, &p->item);
	if (p->text.overflow ||
	    !publishable_resource(p->item.resource, p->item.resource_len,
				  a->conf.api.max_body, why))
		return admin_invalid("the resource",
				     p->text.overflow ? "is too long" : why);
	return ERR_OK;
}

/* ---- publishing ---- */

/* Two publications with one key are the same if this hash is; no part contains
 * a NUL. */
static void hash_body(struct publication *p)
{
	const char *user = p->item.user ? p->item.user : "";
	const char *key = p->item.replace_key ? p->item.replace_key : "";
	struct buf body;

	buf_init(&body, p->item.resource_len + 4096);
	buf_add(&body, p->item.action, strlen(p->item.action) + 1);
	buf_add(&body, user, strlen(user) + 1);
	buf_printf(&body, "%lld %lld %lld %s", (long long)p->item.occurred_at,
		   (long long)p->item.deliver_at, (long long)p->item.expires_at,
		   key);
	buf_putc(&body, '\0');
	buf_add(&body, p->item.resource, p->item.resource_len);
	crypt_sha256(p->all.body_hash, body.data, body.len);
	buf_release(&body);
}

struct refusal {
	enum err err;
	const char *text; /* NULL: it is not refused */
};

/* A repeated publication prints the first id again, even if it would be refused
 * now. */
static enum err recall_or_refuse(struct admin *a, const struct publication *p,
				 struct id *id, int64_t *created_at,
				 const struct refusal *refusal)
{
	enum err e = ERR_NOT_FOUND;

	if (p->all.idempotency_key)
		e = store_publish_recall(&a->store, &p->all, id, created_at);
	if (e != ERR_NOT_FOUND)
		return e;
	log_error("%s", refusal->text);
	return refusal->err;
}

static enum err ask_catalogue(struct admin *a, const struct publication *p,
			      struct refusal *out)
{
	char why[ACTION_WHY_SIZE];
	enum err e = store_action_check(&a->store, &p->all.organization,
					p->item.action, why);

	if (!e && *why)
		*out = (struct refusal){
			ERR_INVALID, arena_printf(&a->arena, "ACTION %s", why)};
	return e;
}

static enum err ask_room(struct admin *a, const struct publication *p,
			 struct refusal *out)
{
	uint64_t room, bytes = p->item.resource_len;
	bool later = store_publish_is_later(&p->all, &p->item);
	const char *why = NULL;
	enum err e = later ? store_schedule_room(&a->store,
						 &p->all.organization, 1, &room)
			   : store_due_room(&a->store, &p->all.organization,
					    STORE_DUE_PUBLISHER, 1, &room);

	if (!e && !room)
		why = later ? "as many notifications scheduled as can be"
			    : "as many deliveries waiting as [api] max_due "
			      "allows";
	if (!e && !why) {
		e = store_stored_room(&a->store, &p->all.organization, bytes,
				      &room);
		if (!e && room < bytes)
			why = "stored as many bytes as [api] max_stored allows";
	}
	if (why)
		*out = (struct refusal){
			ERR_TEMP, arena_printf(&a->arena,
					       "the organization has %s: try "
					       "again later",
					       why)};
	return e;
}

static enum err publish_one(struct admin *a, struct publication *p,
			    struct id *id, int64_t *created_at)
{
	struct refusal refusal = {.text = NULL};
	enum err e = store_now(&a->store, &p->all.now);

	if (e)
		return e;
	p->all.items = &p->item;
	p->all.count = 1;
	p->all.keep = a->conf.retention.idempotency;
	hash_body(p);
	e = ask_catalogue(a, p, &refusal);
	if (!e && !refusal.text)
		e = ask_room(a, p, &refusal);
	if (!e && refusal.text)
		e = recall_or_refuse(a, p, id, created_at, &refusal);
	else if (!e && p->item.replace_key)
		e = intake_settle(&a->store, &p->all.organization,
				  p->item.replace_key);
	if (!e && !refusal.text)
		e = store_publish(&a->store, &p->all, id, created_at);
	if (!e && !refusal.text) {
		store_stored_add(&a->store, &p->all.organization,
				 (int64_t)p->item.resource_len, 0);
		(void)store_stored_write(&a->store);
	}
	if (e == ERR_CONFLICT)
		log_error("the idempotency key was used for another "
			  "notification");
	return e;
}

static void answer_published(struct admin *a, const struct publication *p,
			     const struct id *id, int64_t created_at)
{
	char text[ID_TEXT_SIZE];
	struct jtree *v;

	if (!a->json) {
		id_format(text, id);
		admin_print(a, "_id", text);
		return;
	}
	v = jtree_object();
	view_put_id(v, "_id", id);
	jtree_put_string(v, "action", p->item.action);
	view_put_id(v, "organization", &p->all.organization);
	if (p->item.user)
		jtree_put_string(v, "user", p->item.user);
	view_put_time(v, "createdAt", created_at);
	view_put_time(v, "occurred_at",
		      p->item.occurred_at == TIME_NONE ? created_at
						       : p->item.occurred_at);
	view_put_when(v, p->item.deliver_at, p->item.expires_at,
		      p->item.replace_key);
	admin_json(a, v);
}

enum err admin_publish(struct admin *a)
{
	struct publication p = {.item = STORE_PUBLICATION_NONE};
	int64_t created_at;
	struct id id;
	enum err e = check_arguments(a, &p);

	if (e)
		return e;
	/* There is room for blanks around the object. */
	buf_init(&p.text, 2 * a->conf.api.max_body);
	e = admin_org(a, a->arg[0], &p.all.organization);
	if (!e)
		e = read_resource_file(a->args > 2 ? a->arg[2] : NULL, &p.text);
	if (!e)
		e = check_resource(a, &p);
	if (!e)
		e = publish_one(a, &p, &id, &created_at);
	if (!e)
		answer_published(a, &p, &id, created_at);
	buf_release(&p.text);
	return e;
}
