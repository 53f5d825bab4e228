/*
 * parcel: body, headers and signature after Standard Webhooks.
 */
#include "parcel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lane.h"
#include "mem.h"
#include "sign.h"
#include "store.h"

/* One object of the body; the resource byte for byte as published. Actions
 * and users were checked at the fan-out: nothing in them needs an escape. */
static void add_object(struct buf *out, const struct lane *lane,
		       const struct store_lane_row *row)
{
	buf_printf(out, "{\"action\":\"%s\",\"organization\":\"%s\"",
		   row->action, lane->organization);
	if (row->user) {
		buf_puts(out, ",\"user\":\"");
		for (const char *c = row->user; *c; c++)
			buf_putc(out, (char)(*c | 0x20)); /* digits stay */
		buf_putc(out, '"');
	}
	buf_puts(out, ",\"resource\":");
	buf_add(out, row->resource, row->resource_len);
	buf_putc(out, '}');
}

static void write_body(struct parcel *p, const struct store_lane_row *rows)
{
	bool batch = p->lane->hook.batch_size > 1;
	struct buf out;

	buf_init(&out, SIZE_MAX / 2);
	if (batch)
		buf_putc(&out, '[');
	for (size_t i = 0; i < p->count; i++) {
		if (i)
			buf_putc(&out, ',');
		add_object(&out, p->lane, &rows[i]);
	}
	if (batch)
		buf_putc(&out, ']');
	p->body = out.data; /* given over */
	p->body_len = out.len;
}

struct parcel *parcel_new(const struct store *s, struct lane *lane,
			  const struct store_lane_row *rows, size_t count)
{
	struct parcel *p =
		xcalloc(1, sizeof(*p) + count * sizeof(p->member[0]));
	struct id id;

	p->lane = lane;
	p->count = count;
	for (size_t i = 0; i < count; i++)
		p->member[i] = (struct parcel_member){
			.key = rows[i].key,
			.attempts = rows[i].attempts,
			.tries = rows[i].tries,
			.maybe_duplicate = rows[i].maybe_duplicate,
			.due_at = rows[i].due_at,
		};
	store_id(s, &id, lane->hook.batch_size > 1 ? ID_BATCH : ID_DELIVERY,
		 rows[0].created_at, rows[0].key);
	id_format(p->id, &id);
	write_body(p, rows);
	buf_init(&p->signature, 1024);
	return p;
}

void parcel_free(struct parcel *p)
{
	http_request_release(&p->request);
	buf_release(&p->signature);
	free(p->body);
	free(p);
}

unsigned parcel_attempt(const struct parcel *p)
{
	return p->member[0].attempts + 1;
}

unsigned parcel_tries(const struct parcel *p)
{
	return p->member[0].tries + 1;
}

static bool maybe_duplicate(const struct parcel *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->member[i].maybe_duplicate)
			return true;
	return false;
}

static void sign(struct parcel *p, int64_t now_s)
{
	const struct store_lane_hook *hook = &p->lane->hook;
	static const char name[] = "webhook-signature: ";
	struct buf values;

	buf_init(&values, 1024);
	for (size_t i = 0; i < hook->keys; i++)
		sign_add(&values, &hook->key[i], p->id, now_s, p->body,
			 p->body_len);
	buf_clear(&p->signature);
	buf_add(&p->signature, name, sizeof(name) - 1);
	buf_add(&p->signature, values.data, values.len);
	buf_release(&values);
}

/* libcurl reads the list and frees nothing, so its nodes may live here. */
static void add_line(struct parcel *p, size_t *n, char *line)
{
	p->lines[*n].data = line;
	p->lines[*n].next = NULL;
	if (*n)
		p->lines[*n - 1].next = &p->lines[*n];
	(*n)++;
}

void parcel_address(struct parcel *p, int64_t now_s)
{
	static char type[] = "Content-Type: application/json";
	static char no_expect[] = "Expect:";
	static char no_accept[] = "Accept:";
	static char duplicate[] = "webhook-maybe-duplicate: 1";
	size_t n = 0;

	sign(p, now_s);
	snprintf(p->text[0], sizeof(p->text[0]), "webhook-id: %s", p->id);
	snprintf(p->text[1], sizeof(p->text[1]), "webhook-timestamp: %lld",
		 (long long)now_s);
	snprintf(p->text[2], sizeof(p->text[2]), "webhook-attempt: %u",
		 parcel_attempt(p));
	add_line(p, &n, no_expect);
	add_line(p, &n, no_accept);
	add_line(p, &n, type);
	add_line(p, &n, p->text[0]);
	add_line(p, &n, p->text[1]);
	add_line(p, &n, p->signature.data);
	add_line(p, &n, p->text[2]);
	if (maybe_duplicate(p))
		add_line(p, &n, duplicate);
	p->lines[n - 1].next = p->lane->headers;

	p->request.url = p->lane->hook.target_url;
	p->request.headers = p->lines;
	p->request.body = p->body;
	p->request.body_len = p->body_len;
}
