/* SPDX-License-Identifier: MIT */
/*
 * parcel: body, headers and signature after Standard Webhooks.
 */
#include "deliver/parcel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "deliver/lane.h"
#include "rules/action.h"
#include "rules/sign.h"
#include "store/store.h"
#include "store/store_clock.h"
#include "store/store_webhook.h"

/* Around a resource: action, organization, user, notification, occurred_at; an
 * estimate. */
enum { FRAME_BYTES = 256 };
/* The header line with one signature; an estimate, too. */
enum { SIGNATURE_BYTES = 80 };

/* The same for every hook that gets it. */
static void notification_texts(const struct store *s,
			       const struct store_lane_row *row,
			       char id[ID_TEXT_SIZE], char at[TEXT_TIME_SIZE])
{
	struct id notification;

	store_id(s, &notification, ID_NOTIFICATION, row->published_at,
		 row->notification);
	id_format(id, &notification);
	text_time(at, row->occurred_at);
}

/* The members of a batch are told apart in its body. */
static void parcel_about(const struct store *s, struct parcel *p,
			 const struct parcel_plan *plan)
{
	char id[ID_TEXT_SIZE], at[TEXT_TIME_SIZE];

	if (plan->batch)
		return;
	notification_texts(s, &plan->rows[0], id, at);
	snprintf(p->about[0], sizeof(p->about[0]), "webhook-notification: %s",
		 id);
	snprintf(p->about[1], sizeof(p->about[1]), "webhook-occurred-at: %s",
		 at);
}

/* Adds one object to the body, with the resource byte for byte as published.
 * Actions were checked when they were published: they need no escapes. */
static void add_object(struct buf *out, const struct store *s,
		       const struct lane *lane,
		       const struct store_lane_row *row)
{
	char id[ID_TEXT_SIZE], at[TEXT_TIME_SIZE];

	notification_texts(s, row, id, at);
	buf_puts(out, "{\"action\":\"");
	buf_puts(out, row->action);
	buf_puts(out, "\",\"organization\":\"");
	buf_puts(out, lane->facts.organization);
	buf_putc(out, '"');
	if (row->user) {
		buf_puts(out, ",\"user\":");
		buf_put_json(out, row->user);
	}
	buf_puts(out, ",\"resource\":");
	buf_add(out, row->resource, row->resource_len);
	buf_puts(out, ",\"notification\":\"");
	buf_puts(out, id);
	buf_puts(out, "\",\"occurred_at\":\"");
	buf_puts(out, at);
	buf_puts(out, "\"}");
}

static void write_body(const struct store *s, struct parcel *p,
		       const struct parcel_plan *plan)
{
	struct buf out;
	size_t bytes = 0;

	for (size_t i = 0; i < plan->count; i++)
		bytes += plan->rows[i].resource_len + FRAME_BYTES;
	buf_init(&out, SIZE_MAX / 2);
	buf_reserve(&out, bytes);
	if (plan->batch)
		buf_putc(&out, '[');
	for (size_t i = 0; i < plan->count; i++) {
		if (i)
			buf_putc(&out, ',');
		add_object(&out, s, p->lane, &plan->rows[i]);
	}
	if (plan->batch)
		buf_putc(&out, ']');
	p->body = out.data; /* moved, not copied */
	p->body_len = out.len;
}

/* A batch has the name of its first member, so all attempts have one id. */
static void parcel_name(const struct store *s, struct parcel *p,
			const struct parcel_plan *plan)
{
	const struct store_lane_hook *hook = &p->lane->facts.hook;
	const struct store_lane_row *first = &plan->rows[0];

	for (size_t i = 0; i < plan->count; i++)
		if (plan->rows[i].key == plan->batch)
			first = &plan->rows[i];
	store_webhook_id(s, p->id,
			 &(struct store_webhook){
				 .key = plan->batch ? plan->batch : first->key,
				 .notification = first->notification,
				 .hook = hook->hook,
				 .created_at = first->created_at,
				 .published_at = first->published_at,
				 .hook_created_at = hook->created_at,
				 .batch = plan->batch != 0,
			 });
}

struct parcel *parcel_new(const struct store *s, struct lane *lane,
			  const struct parcel_plan *plan)
{
	struct parcel *p =
		xcalloc(1, sizeof(*p) + plan->count * sizeof(p->member[0]));

	p->lane = lane;
	p->count = plan->count;
	p->batch = plan->batch != 0;
	for (size_t i = 0; i < plan->count; i++)
		if (plan->rows[i].hops > p->hops)
			p->hops = plan->rows[i].hops;
	for (size_t i = 0; i < plan->count; i++)
		p->member[i] = (struct parcel_member){
			.key = plan->rows[i].key,
			.attempts = plan->rows[i].attempts,
			.tries = plan->rows[i].tries,
			.maybe_duplicate = plan->rows[i].maybe_duplicate,
			.operational = action_operational(plan->rows[i].action),
			.due_at = plan->rows[i].due_at,
			.created_at = plan->rows[i].created_at,
			.accepted_at = plan->rows[i].accepted_at,
			.expires_at = plan->rows[i].expires_at,
		};
	parcel_name(s, p, plan);
	parcel_about(s, p, plan);
	write_body(s, p, plan);
	buf_init(&p->signature, 1024);
	buf_reserve(&p->signature, SIGNATURE_BYTES);
	return p;
}

void parcel_free(struct parcel *p)
{
	http_request_release(&p->request);
	buf_release(&p->signature);
	free(p->body);
	free(p);
}

bool parcel_is_over(const struct parcel *p)
{
	return p->sent || p->expired;
}

static unsigned parcel_attempt(const struct parcel *p)
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

bool parcel_is_late(const struct parcel *p, int64_t now)
{
	if (p->batch && (p->member[0].attempts || maybe_duplicate(p)))
		return false;
	for (size_t i = 0; i < p->count; i++)
		if (p->member[i].expires_at != TIME_NONE &&
		    p->member[i].expires_at <= now)
			return true;
	return false;
}

/* A secret may expire while the lane is open. */
static void parcel_sign(struct parcel *p, int64_t now)
{
	const struct store_lane_hook *hook = &p->lane->facts.hook;

	/* Each signature is appended after a space. */
	buf_clear(&p->signature);
	buf_puts(&p->signature, "webhook-signature:");
	for (size_t i = 0; i < hook->keys; i++)
		if (hook->key_end[i] == TIME_NONE || hook->key_end[i] > now)
			sign_add(&p->signature, &hook->key[i], p->id,
				 now / 1000, p->body, p->body_len);
}

static void add_line(struct parcel *p, size_t *n, char *line)
{
	p->lines[*n].line = line;
	p->lines[*n].next = NULL;
	if (*n)
		p->lines[*n - 1].next = &p->lines[*n];
	(*n)++;
}

void parcel_address(struct parcel *p, int64_t now)
{
	static const char id_line[] = "webhook-id: ";
	static char type[] = "Content-Type: application/json";
	static char duplicate[] = "webhook-maybe-duplicate: 1";
	size_t n = 0;

	p->started_at = now;
	p->began = clock_monotonic();
	parcel_sign(p, now);
	memcpy(p->text[0], id_line, sizeof(id_line));
	memcpy(p->text[0] + sizeof(id_line) - 1, p->id, sizeof(p->id));
	snprintf(p->text[1], sizeof(p->text[1]), "webhook-timestamp: %lld",
		 (long long)(now / 1000));
	snprintf(p->text[2], sizeof(p->text[2]), "webhook-attempt: %u",
		 parcel_attempt(p));
	add_line(p, &n, type);
	add_line(p, &n, p->text[0]);
	add_line(p, &n, p->text[1]);
	add_line(p, &n, p->signature.data);
	add_line(p, &n, p->text[2]);
	for (size_t i = 0; *p->about[0] && i < 2; i++)
		add_line(p, &n, p->about[i]);
	/* What may have been lost on a kept connection gets a new one. */
	p->request.fresh = maybe_duplicate(p);
	if (p->request.fresh)
		add_line(p, &n, duplicate);
	snprintf(p->text[3], sizeof(p->text[3]), "webhook-hops: %u", p->hops);
	if (p->hops)
		add_line(p, &n, p->text[3]);
	p->lines[n - 1].next = p->lane->facts.headers;

	p->request.url = p->lane->facts.hook.target_url;
	p->request.headers = p->lines;
	p->request.body = p->body;
	p->request.body_len = p->body_len;
	p->request.party = p->lane->facts.organization;
}

int64_t parcel_started_at(const struct parcel *p, int64_t ahead)
{
	int64_t set = p->began + ahead - p->started_at;

	return set > STORE_CLOCK_SKEW_MS || set < -STORE_CLOCK_SKEW_MS
		       ? p->started_at + set
		       : p->started_at;
}
