/* SPDX-License-Identifier: MIT */
/*
 * api_replay: POST /v2/hooks/:id/replay sends a hook's deliveries again that
 * were created within a range of time.
 */
#include <stdio.h>
#include <string.h>

#include "api.h"
#include "base/buf.h"
#include "base/text.h"
#include "body.h"
#include "call.h"
#include "field_errors.h"
#include "outside/jtree.h"
#include "store/store_delivery.h"
#include "store/store_due.h"
#include "store/store_hook.h"
#include "store/store_replay.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum {
	/* Of the 4.5 s that a request has (main.c). */
	FIND_MS = 1500,
	RUN_MS = 2500
};

/* ---- the body ---- */

struct replay {
	struct call *call;
	struct store_replay r;
	bool until_given;
};

static void read_since(struct field_errors *errors, const char *name,
		       const struct jtree *v, void *arg)
{
	struct replay *p = arg;

	body_time(errors, name, v, &p->r.since);
}

static void read_until(struct field_errors *errors, const char *name,
		       const struct jtree *v, void *arg)
{
	struct replay *p = arg;

	p->until_given = !jtree_is_null(v);
	if (p->until_given)
		body_time(errors, name, v, &p->r.until);
}

/* Adds a state to the list; an error is reported at its position. */
static void add_state(struct field_errors *errors, const char *name, size_t i,
		      const struct jtree *v, struct buf *list)
{
	const char *s = jtree_string(v, NULL), *why = NULL;
	char index[24];

	if (!s || !store_delivery_state(s))
		why = "must be pending, delivered, failed, held or cancelled";
	else if (strstr(list->data, s)) /* none is a part of another */
		why = "is repeated";
	snprintf(index, sizeof(index), "%zu", i);
	if (why)
		field_errors_add_inner(errors, name, index, why);
	else
		buf_printf(list, "%s%s", list->len ? "," : "", s);
}

static void read_states(struct field_errors *errors, const char *name,
			const struct jtree *v, void *arg)
{
	struct replay *p = arg;
	struct buf list;

	if (jtree_is_null(v))
		return;
	buf_init(&list, 100);
	for (size_t i = 0; i < jtree_count(v); i++)
		add_state(errors, name, i, jtree_at(v, i), &list);
	p->r.states = arena_strdup(p->call->arena, list.data);
	if (!jtree_is_array(v) || !jtree_count(v))
		field_errors_add(errors, name,
				 "must be a list of at least one state");
	buf_release(&list);
}

static void check_times(struct field_errors *errors, void *arg)
{
	const struct replay *p = arg;

	if (p->r.since == TIME_NONE || p->r.until > p->r.since)
		return;
	if (p->until_given)
		field_errors_add(errors, "until", "must be later than since");
	else
		field_errors_add(errors, "since", "is in the future");
}

static const struct body_member members[] = {
	{"since", read_since, BODY_REQUIRED},
	{"until", read_until, BODY_OPTIONAL},
	{"states", read_states, BODY_OPTIONAL},
};

static const struct body_schema schema = {
	.member = members, .count = COUNT(members), .check = check_times};

/* ---- the query ---- */

static bool is_either(const char *text, const char *a, const char *b)
{
	return strcmp(text, a) == 0 || strcmp(text, b) == 0;
}

static enum err read_dry_run(struct call *c, bool *out)
{
	const char *text = request_param(c->request, "dry_run");

	*out = text && is_either(text, "1", "true");
	if (!text || *out || is_either(text, "0", "false"))
		return ERR_OK;
	response_problem(c->response, 400,
			 "dry_run must be 1, true, 0 or false.");
	return ERR_INVALID;
}

/* ---- the work ---- */

static enum err find_deliveries(struct call *c, struct replay *p)
{
	enum err e = store_replay_find(c->store, &p->r, FIND_MS);

	if (e != ERR_LIMIT)
		return e;
	response_problem(
		c->response, 400,
		"That is too much for one replay, which takes at most "
		"%d deliveries and searches few more: choose less time "
		"between since and until, or states with fewer "
		"deliveries, such as [\"failed\"].",
		STORE_REPLAY_MAX);
	return ERR_INVALID;
}

/* With these deliveries the organization must not exceed its limit. */
static enum err check_due(struct call *c, size_t count)
{
	uint64_t room;
	enum err e = store_due_count(c->store, &c->key.org.id, &room);

	if (e || count <= room)
		return e;
	response_problem(c->response, 429,
			 "With %zu deliveries that go again the organization "
			 "would have more than %llu waiting, which is the "
			 "limit ([api] max_due); try again later, or with less "
			 "time between since and until.",
			 count, (unsigned long long)c->conf->api.max_due);
	response_header(c->response, "Retry-After", "%d", RESPONSE_RETRY_S);
	return ERR_INVALID;
}

/* Completed steps stay done: says so, and where to continue. */
static enum err answer_half(struct call *c, const struct replay *p,
			    uint64_t done, int64_t rest)
{
	char text[TEXT_TIME_SIZE] = "";

	if (rest != TIME_NONE)
		text_time(text, rest);
	response_problem(
		c->response, 503,
		"The time ran out: %llu of %zu deliveries go again, "
		"the rest do not. To continue, repeat this with since %s.",
		(unsigned long long)done, p->r.count, text);
	response_header(c->response, "Retry-After", "%d", RESPONSE_RETRY_S);
	return ERR_INVALID;
}

static void answer_count(struct call *c, unsigned status, uint64_t count)
{
	struct jtree *v = jtree_object();

	jtree_put_int(v, "count", (int64_t)count);
	response_json(c->response, status, v);
}

static enum err run_replay(struct call *c, struct replay *p, bool dry_run)
{
	uint64_t done;
	int64_t rest;
	enum err e = find_deliveries(c, p);

	if (!e)
		e = check_due(c, p->r.count);
	if (e)
		return e;
	if (dry_run) {
		answer_count(c, 200, p->r.count);
		return ERR_OK;
	}
	e = store_replay_run(c->store, &p->r, RUN_MS, &done, &rest);
	store_due_added(c->store, &c->key.org.id, done);
	if (e == ERR_TEMP && done)
		return answer_half(c, p, done, rest);
	if (!e)
		answer_count(c, 202, done);
	return e;
}

enum err api_replay(struct call *c)
{
	struct replay p = {.call = c,
			   .r = {.since = TIME_NONE,
				 .until = c->key.now + 1,
				 .states = "delivered,failed,held,cancelled"}};
	struct store_hook hook;
	struct id id;
	bool dry_run;
	enum err e = call_id(c, 0, &id);

	if (!e)
		e = read_dry_run(c, &dry_run);
	if (!e)
		e = body_read(c, &schema, &p);
	if (!e)
		e = store_hook_get(c->store, c->arena, &c->key.org.id, &id,
				   &hook);
	if (e)
		return e;
	p.r.hook = &hook;
	e = run_replay(c, &p, dry_run);
	store_replay_release(&p.r);
	return e;
}
