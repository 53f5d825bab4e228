/* SPDX-License-Identifier: MIT */
/*
 * admin_verify: hooks-admin verify: a delivery's request as the sender would
 * make it now, built by the sender's own code (parcel), the text that its
 * signature covers, and a shell command that sends it.
 *
 * An earlier attempt cannot be repeated exactly: receivers refuse old
 * timestamps.
 */
#include <string.h>

#include "admin/admin.h"
#include "base/log.h"
#include "base/shown.h"
#include "deliver/lane.h"
#include "deliver/parcel.h"
#include "outside/http_slist.h"
#include "rules/target.h"
#include "store/store_delivery.h"
#include "store/store_lane.h"
#include "store/store_lane_hook.h"
#include "store/store_org.h"
#include "store/store_webhook.h"

enum {
	/* Linux allows 128 KiB for one argument; quoting needs some of it. */
	ARGUMENT_MAX = 100 * 1024,
	COMMAND_MAX = 64 * 1024 * 1024
};

struct verify {
	struct admin *a;
	struct store_delivery delivery;
	uint64_t hook, batch;
	struct lane *lane;
	struct parcel *parcel;
	struct target target;
	int64_t now_s;
};

/* ---- the request ---- */

static enum err find_delivery(struct verify *v, const char *text)
{
	struct store *s = &v->a->store;
	struct id id, org;
	int64_t created_s;
	enum err e = store_webhook_find(s, text, &id);

	if (!e)
		e = store_org_of_delivery(s, &id, &org);
	if (!e)
		e = store_delivery_get(s, &v->a->arena, &org, &id,
				       &v->delivery);
	if (e == ERR_NOT_FOUND)
		return admin_missing("delivery", text);
	if (!e &&
	    !store_key(s, &v->delivery.hook, ID_HOOK, &v->hook, &created_s))
		e = ERR_INTERNAL;
	if (!e && v->delivery.erased) {
		log_error("the user whom delivery %s concerned was erased: it "
			  "has no body any more",
			  text);
		return ERR_INVALID;
	}
	v->batch = v->delivery.batch;
	return e;
}

static enum err make(struct verify *v)
{
	struct store *s = &v->a->store;
	struct store_lane row = {.lane = v->hook};
	struct parcel_plan plan = {.batch = v->batch};
	struct store_lane_row *rows;
	struct store_lane_hook hook;
	int64_t now;
	enum err e = store_now(s, &now);

	if (!e)
		e = store_lane_hooks(s, &v->a->arena, &v->hook, 1, &hook);
	if (!e)
		e = store_lane_recall(s, &v->a->arena, v->hook, v->batch,
				      v->delivery.key, &rows, &plan.count);
	if (e)
		return e;
	if (hook.unreadable) {
		log_error("the hook's secret cannot be read with [secrets] "
			  "key_file");
		return ERR_CONFIG;
	}
	if (!plan.count || !hook.keys) {
		log_error("the delivery's %s is gone",
			  plan.count ? "secret" : "notification");
		return ERR_NOT_FOUND;
	}
	plan.rows = rows;
	v->lane = lane_new(&row, &hook, now);
	v->parcel = parcel_new(s, v->lane, &plan);
	v->now_s = now / 1000;
	parcel_address(v->parcel, now);
	if (!target_split(v->parcel->request.url, &v->a->arena, &v->target))
		return admin_invalid("target_url", "cannot be parsed");
	return ERR_OK;
}

static void release(struct verify *v)
{
	if (v->parcel)
		parcel_free(v->parcel);
	if (v->lane)
		lane_free(v->lane);
}

static void put_signed(struct buf *out, const struct verify *v)
{
	const struct parcel *p = v->parcel;

	buf_printf(out, "%s.%lld.", p->id, (long long)v->now_s);
	buf_add(out, p->body, p->body_len);
}

/* ---- a shell command ---- */

/* Characters that a terminal is not shown would be lost in a command that is
 * copied from there. */
static bool is_harmless(const char *s, size_t n)
{
	struct buf shown;
	bool plain;

	buf_init(&shown, COMMAND_MAX);
	shown_add(&shown, s, n);
	plain = shown.len == n && !memchr(s, '\n', n) && !memchr(s, '\t', n);
	buf_release(&shown);
	return plain;
}

static void quote(struct buf *out, const char *s, size_t n)
{
	buf_putc(out, '\'');
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\'')
			buf_puts(out, "'\\''");
		else
			buf_putc(out, s[i]);
	}
	buf_putc(out, '\'');
}

/* Writes `printf` and a format for these bytes, so that they stay on one line.
 */
static void quote_printf(struct buf *out, const char *s, size_t n)
{
	buf_puts(out, "printf '");
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c < ' ' || c >= 0x7f)
			buf_printf(out, "\\%03o", c);
		else if (c == '\'')
			buf_puts(out, "'\\''");
		else if (c == '\\' || c == '%')
			buf_printf(out, "%c%c", c, c);
		else
			buf_putc(out, s[i]);
	}
	buf_putc(out, '\'');
}

static void put_option(struct buf *out, const char *option, const char *value)
{
	buf_printf(out, " %s ", option);
	quote(out, value, strlen(value));
}

static void put_data(struct buf *out, const struct parcel *p)
{
	buf_puts(out, " --data-binary ");
	if (p->body_len > ARGUMENT_MAX) {
		buf_puts(out, "@-");
	} else if (is_harmless(p->body, p->body_len)) {
		quote(out, p->body, p->body_len);
	} else {
		buf_puts(out, "\"$(");
		quote_printf(out, p->body, p->body_len);
		buf_puts(out, ")\"");
	}
}

/* The command has the options that http.c gives libcurl. */
static void put_curl(struct buf *out, const struct verify *v)
{
	const struct http_request *r = &v->parcel->request;
	const struct conf *c = &v->a->conf;

	if (v->parcel->body_len > ARGUMENT_MAX) {
		quote_printf(out, v->parcel->body, v->parcel->body_len);
		buf_puts(out, " | ");
	}
	buf_puts(out, "curl -q -sS -i -g --http1.1 --noproxy '*'");
	buf_printf(out, " --max-time %lld",
		   (long long)(c->sender.timeout + 999) / 1000);
	if (*c->sender.ca_file)
		put_option(out, "--cacert", c->sender.ca_file);
	put_option(out, "-A", c->sender.user_agent);
	put_option(out, "-H", "Expect:");
	for (const struct http_header *h = r->headers; h; h = h->next)
		put_option(out, "-H", h->line);
	put_data(out, v->parcel);
	put_option(out, "--url", r->url);
}

/* ---- plain ---- */

/* "Name;" has no value. */
static void put_header(struct buf *out, const char *line)
{
	size_t n = strlen(line);

	if (line[n - 1] == ';' && !strchr(line, ':'))
		buf_printf(out, "%.*s:\n", (int)n - 1, line);
	else
		buf_printf(out, "%s\n", line);
}

static void put_host(struct buf *out, const struct target *t)
{
	uint16_t usual = strcmp(t->scheme, "https") == 0 ? 443 : 80;

	buf_printf(out, "Host: %s", t->host);
	if (t->port != usual)
		buf_printf(out, ":%u", t->port);
	buf_putc(out, '\n');
}

static void print_request(struct buf *out, const struct verify *v)
{
	const struct parcel *p = v->parcel;

	buf_printf(out, "# request\nPOST %s HTTP/1.1\n", v->target.path);
	put_host(out, &v->target);
	buf_printf(out, "User-Agent: %s\n", v->a->conf.sender.user_agent);
	if (http_slist_accepts(p->request.headers))
		buf_puts(out, "Accept: */*\n");
	for (const struct http_header *h = p->request.headers; h; h = h->next)
		put_header(out, h->line);
	buf_printf(out, "Content-Length: %zu\n\n", p->body_len);
	buf_add(out, p->body, p->body_len);
	buf_puts(out, "\n# signed\n");
	put_signed(out, v);
	buf_puts(out, "\n# repeat\n");
	put_curl(out, v);
	buf_putc(out, '\n');
}

/* ---- JSON ---- */

static void put_header_jtree(struct jtree *headers, const char *line)
{
	size_t n = strcspn(line, ":;");
	const char *value = line[n] == ':' ? line + n + 2 : "";
	char name[256];

	if (n >= sizeof(name))
		return;
	memcpy(name, line, n);
	name[n] = '\0';
	jtree_put_string(headers, name, value);
}

static struct jtree *verify_jtree(const struct verify *v)
{
	const struct parcel *p = v->parcel;
	struct jtree *report = jtree_object(), *headers = jtree_object();
	char id[ID_TEXT_SIZE];
	struct buf text;

	id_format(id, &v->delivery.id);
	jtree_put_string(report, "delivery", id);
	jtree_put_string(report, "webhookId", p->id);
	jtree_put_string(report, "method", "POST");
	jtree_put_string(report, "url", p->request.url);
	jtree_put_string(headers, "User-Agent", v->a->conf.sender.user_agent);
	if (http_slist_accepts(p->request.headers))
		jtree_put_string(headers, "Accept", "*/*");
	for (const struct http_header *h = p->request.headers; h; h = h->next)
		put_header_jtree(headers, h->line);
	jtree_put(report, "headers", headers);
	jtree_put_string_len(report, "body", p->body, p->body_len);
	buf_init(&text, COMMAND_MAX);
	put_signed(&text, v);
	jtree_put_string_len(report, "signed", text.data, text.len);
	buf_clear(&text);
	put_curl(&text, v);
	jtree_put_string_len(report, "curl", text.data, text.len);
	buf_release(&text);
	return report;
}

enum err admin_verify(struct admin *a)
{
	struct verify v = {.a = a};
	enum err e = find_delivery(&v, a->arg[0]);

	a->exact = true;
	if (!e)
		e = make(&v);
	if (!e && a->json)
		admin_json(a, verify_jtree(&v));
	else if (!e)
		print_request(&a->out, &v);
	release(&v);
	return e;
}
