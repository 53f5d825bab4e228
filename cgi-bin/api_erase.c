/* SPDX-License-Identifier: MIT */
/*
 * api_erase: POST /v2/erase erases a user of the organization: as much as fits
 * while the client waits. The answer is 200 only when nothing is left.
 */
#include "api.h"
#include "base/clock.h"
#include "body.h"
#include "call.h"
#include "deliver/intake.h"
#include "outside/jtree.h"
#include "rules/valid.h"
#include "store/store_forget.h"

enum { LONG_ENOUGH_MS = 2000 };

struct erasure {
	struct call *call;
	const char *user;
};

static void read_erased_user(struct field_errors *errors, const char *name,
			     const struct jtree *v, void *arg)
{
	struct erasure *p = arg;

	p->user = body_valid(errors, name, v, valid_user, p->call->arena);
}

static const struct body_member members[] = {
	{"user", read_erased_user, BODY_REQUIRED},
};

static const struct body_schema schema = {
	.member = members, .count = sizeof(members) / sizeof(members[0])};

/* Completed steps stay done. */
static enum err answer_unfinished(struct call *c,
				  const struct store_forgotten *done)
{
	response_problem(c->response, 503,
			 "The time ran out: %llu notifications and %llu "
			 "deliveries are erased, the rest are not. To go on, "
			 "repeat this.",
			 (unsigned long long)done->notifications,
			 (unsigned long long)done->deliveries);
	response_header(c->response, "Retry-After", "%d", RESPONSE_RETRY_S);
	return ERR_INVALID;
}

/* Rows of the outbox that replace or cancel something do that first. */
enum err api_erase(struct call *c)
{
	int64_t end = clock_monotonic() + LONG_ENOUGH_MS;
	struct erasure p = {.call = c};
	struct store_forgotten done = {0};
	struct jtree *v;
	bool more;
	enum err e = body_read(c, &schema, &p);

	if (!e)
		e = intake_settle(c->store, &c->key.org.id, NULL);
	if (!e)
		e = store_forget(c->store, &c->key.org.id, p.user, end, &done,
				 &more);
	if (e)
		return e;
	if (more)
		return answer_unfinished(c, &done);
	v = jtree_object();
	jtree_put_int(v, "notifications", (int64_t)done.notifications);
	jtree_put_int(v, "deliveries", (int64_t)done.deliveries);
	jtree_put_int(v, "answers", (int64_t)done.answers);
	jtree_put_int(v, "hooks", (int64_t)done.hooks);
	response_json(c->response, 200, v);
	return ERR_OK;
}
