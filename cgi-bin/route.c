/* SPDX-License-Identifier: MIT */
/*
 * route: one row for each method and path.
 */
#include "route.h"

#include <string.h>

#include "api.h"
#include "auth.h"
#include "base/clock.h"
#include "base/log.h"
#include "call.h"
#include "gateway.h"
#include "outside/wakeup.h"
#include "share.h"
#include "store/store.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Sets of roles. */
#define ANYBODY 0u /* without a key */
#define ADMIN (1u << ROLE_ADMIN)
#define MANAGE (1u << ROLE_MANAGE | ADMIN)
#define PUBLISH (1u << ROLE_PUBLISH | MANAGE)
#define READ (1u << ROLE_READ | PUBLISH)
#define RUN (1u << ROLE_RUN | MANAGE)
#define NEAR (1u << 31)	 /* or without a key, from [api] metrics_allow */
#define WAKES (1u << 30) /* what is done may be work for a sender */

struct route {
	const char *method;
	const char *pattern; /* ":x" stands for any one segment */
	unsigned roles;
	enum err (*handle)(struct call *c);
	const char *params;  /* of the query, with blanks in between */
	const char *meaning; /* `make texts` puts it into doc/publish.md */
};

static const struct route routes[] = {
	{"GET", "/v2/hooks", READ, api_hook_list, "action state limit after",
	 "List the hooks."},
	{"POST", "/v2/hooks", MANAGE, api_hook_create, "", "Create a hook."},
	{"GET", "/v2/hooks/:id", READ, api_hook_get, "", "Read a hook."},
	{"PUT", "/v2/hooks/:id", MANAGE | WAKES, api_hook_update, "",
	 "Change a hook."},
	{"DELETE", "/v2/hooks/:id", MANAGE, api_hook_delete, "",
	 "Delete a hook; the deliveries that are still to be made are "
	 "cancelled."},
	{"POST", "/v2/hooks/:id/enable", MANAGE | WAKES, api_hook_enable, "",
	 "Enable a hook; deliveries that were held while it was disabled go "
	 "on."},
	{"POST", "/v2/hooks/:id/disable", MANAGE, api_hook_disable, "",
	 "Disable a hook; its deliveries are held."},
	{"POST", "/v2/hooks/:id/ping", MANAGE | WAKES, api_ping, "",
	 "Make one test delivery at once, also to a disabled hook; it is "
	 "attempted once."},
	{"POST", "/v2/hooks/:id/resume", MANAGE | WAKES, api_resume, "",
	 "End the suspension of a hook: all that waits goes now, in its "
	 "order."},
	{"POST", "/v2/hooks/:id/replay", MANAGE | WAKES, api_replay, "dry_run",
	 "Send again the deliveries made `since` a time (before `until`, in "
	 "these `states`); `?dry_run=1` only counts them."},
	{"GET", "/v2/hooks/:id/secret", MANAGE, api_secret_get, "",
	 "Read a hook's secret."},
	{"POST", "/v2/hooks/:id/secret/rotate", MANAGE, api_secret_rotate, "",
	 "Make a new secret; the old one signs too for a while."},
	{"POST", "/v2/notifications", PUBLISH | WAKES, api_publish, "",
	 "Publish a notification, or an array of up to 1000."},
	{"GET", "/v2/notifications", READ, api_notification_list,
	 "action state user replace_key since until limit after",
	 "List the notifications, newest first."},
	{"DELETE", "/v2/notifications", PUBLISH, api_notification_cancel_key,
	 "replace_key",
	 "Cancel the notification that is scheduled with this `replace_key`."},
	{"GET", "/v2/notifications/:id", READ, api_notification_get, "",
	 "Read a notification with its resource and its deliveries."},
	{"DELETE", "/v2/notifications/:id", PUBLISH, api_notification_cancel,
	 "", "Cancel a notification that is scheduled."},
	{"GET", "/v2/deliveries", READ, api_delivery_list,
	 "hook notification action state status since until limit after",
	 "List the deliveries, newest first."},
	{"DELETE", "/v2/deliveries", MANAGE, api_delivery_remove, "until",
	 "Remove the deliveries that finished before `until`, and "
	 "notifications that have no delivery left."},
	{"GET", "/v2/deliveries/:id", READ, api_delivery_get, "before",
	 "Read a delivery with its attempts and answers, a hundred a page."},
	{"POST", "/v2/deliveries/:id/redeliver", MANAGE | WAKES,
	 api_delivery_redeliver, "",
	 "Send a delivery again, or now if it waits."},
	{"POST", "/v2/erase", MANAGE, api_erase, "",
	 "Erase a user: payloads, answers and the user's hooks are gone, and "
	 "what is pending is cancelled."},
	{"GET", "/v2/actions", READ, api_action_list, "",
	 "List the actions and wildcards, with descriptions and examples."},
	{"PUT", "/v2/actions/:name", MANAGE, api_action_put, "",
	 "Add an action of the organization's own, or give it another "
	 "description or example."},
	{"DELETE", "/v2/actions/:name", MANAGE, api_action_delete, "",
	 "Remove one; hooks that name it stay."},
	{"GET", "/v2/stats", READ, api_stats, "hook since step",
	 "Read counts and latencies for plots, the state of the queue and of "
	 "the hooks."},
	{"GET", "/v2/run", RUN, api_run, "",
	 "Start the sender, from a service that can only GET."},
	{"POST", "/v2/run", RUN, api_run, "",
	 "Start the sender, for example from a web-cron service."},
	{"GET", "/v2/organization", READ, api_org_get, "",
	 "Read the key's organization and how much it has stored."},
	{"GET", "/v2/auth/test", READ, api_org_test, "",
	 "Read the key's organization and its `role`."},
	{"GET", "/v2/openapi.yaml", ANYBODY, api_openapi_yaml, "",
	 "Read the description of all this, as OpenAPI 3.1."},
	{"GET", "/v2/openapi.json", ANYBODY, api_openapi_json, "",
	 "Read the same as JSON."},
	{"GET", "/healthz", ANYBODY, api_health, "",
	 "See whether requests can be served."},
	{"GET", "/metrics", ADMIN | NEAR, api_metrics, "",
	 "Read figures of the whole installation, for Prometheus."},
};

/* Whether these many segments match the pattern; `arg` gets those for ":". */
static bool matches(const struct request *r, size_t segments,
		    const char *pattern, const char **arg)
{
	size_t args = 0;

	for (size_t i = 0; i < segments; i++) {
		size_t len;

		if (*pattern != '/')
			return false;
		len = strcspn(++pattern, "/");
		if (*pattern == ':') {
			if (!*r->segment[i])
				return false;
			arg[args++] = r->segment[i];
		} else if (strlen(r->segment[i]) != len ||
			   memcmp(r->segment[i], pattern, len) != 0) {
			return false;
		}
		pattern += len;
	}
	return !*pattern && segments;
}

static bool is_method(const struct request *r, const char *method)
{
	if (strcmp(r->method, "HEAD") == 0)
		return strcmp(method, "GET") == 0;
	if (strcmp(r->method, "PATCH") == 0)
		return strcmp(method, "PUT") == 0;
	return strcmp(r->method, method) == 0;
}

static void add_method(struct buf *allow, const char *method)
{
	if (allow->len)
		buf_puts(allow, ", ");
	buf_puts(allow, method);
	if (strcmp(method, "GET") == 0)
		buf_puts(allow, ", HEAD");
	if (strcmp(method, "PUT") == 0)
		buf_puts(allow, ", PATCH");
}

/* NULL: no row has this path and this method; `allow` gets the methods of those
 * that have the path. */
static const struct route *find_by_path(struct call *c, struct buf *allow)
{
	const struct request *r = c->request;

	for (size_t i = 0; i < COUNT(routes); i++) {
		if (!matches(r, r->segments, routes[i].pattern, c->arg))
			continue;
		c->route = routes[i].pattern;
		if (is_method(r, routes[i].method))
			return &routes[i];
		add_method(allow, routes[i].method);
	}
	return NULL;
}

/* The method that a POST to a path with such an end stands for; NULL: none. */
static const char *posted_method(const struct request *r)
{
	const char *last = r->segments ? r->segment[r->segments - 1] : "";

	if (strcmp(last, "put") == 0)
		return "PUT";
	return strcmp(last, "delete") == 0 ? "DELETE" : NULL;
}

/* Some hosts let nothing but GET and POST through. */
static const struct route *find_by_form(struct call *c, struct buf *allow)
{
	const struct request *r = c->request;
	const char *method = posted_method(r);

	for (size_t i = 0; i < COUNT(routes) && method; i++) {
		if (strcmp(routes[i].method, method) != 0 ||
		    !matches(r, r->segments - 1, routes[i].pattern, c->arg))
			continue;
		c->route = routes[i].pattern;
		if (strcmp(r->method, "POST") == 0)
			return &routes[i];
		add_method(allow, "POST");
	}
	return NULL;
}

static void refuse_method(struct call *c, struct buf *allow)
{
	if (!allow->len) {
		call_fail(c, ERR_NOT_FOUND);
		return;
	}
	add_method(allow, "OPTIONS");
	if (strcmp(c->request->method, "OPTIONS") == 0)
		response_empty(c->response, 204);
	else
		response_problem(c->response, 405,
				 "This address accepts only: %s.", allow->data);
	response_header(c->response, "Allow", "%s", allow->data);
}

/* NULL with the 404, the 405 or the answer to OPTIONS made. */
static const struct route *find_route(struct call *c)
{
	const struct route *route = NULL;
	struct buf allow;

	buf_init(&allow, 100);
	if (!c->request->no_path)
		route = find_by_path(c, &allow);
	if (!c->request->no_path && !route)
		route = find_by_form(c, &allow);
	if (!route)
		refuse_method(c, &allow);
	buf_release(&allow);
	return route;
}

static enum err check_head(struct call *c)
{
	const struct request *r = c->request;

	if (r->twice) {
		response_problem(
			c->response, 400,
			"The header %s is repeated, perhaps in another "
			"spelling.",
			r->twice);
		return ERR_INVALID;
	}
	if (r->bad_query) {
		response_problem(c->response, 400, "%s", r->bad_query);
		return ERR_INVALID;
	}
	return ERR_OK;
}

/* A client's address counts only for requests that were not forwarded. */
static bool is_near(const struct call *c)
{
	const struct policy *p = c->policy;

	return target_nets_hold(p->metrics, p->metrics_count,
				c->request->remote) &&
	       !request_is_forwarded(c->request);
}

/* Whether the route serves one organization, and the key belongs to none. */
static bool is_for_all(const struct call *c, const struct route *route)
{
	return c->key.role == ROLE_ADMIN && route->roles & 1u << ROLE_MANAGE;
}

static enum err check_role(struct call *c, const struct route *route)
{
	enum err e;

	if (route->roles == ANYBODY || (route->roles & NEAR && is_near(c)))
		return ERR_OK;
	e = auth_check(c);
	if (e)
		return e;
	if (route->roles & 1u << c->key.role)
		return is_for_all(c, route) ? auth_organization(c) : ERR_OK;
	response_problem(c->response, 403,
			 "A key of the role %s may not do this.",
			 store_role_name(c->key.role));
	return ERR_INVALID;
}

/* Whether the name is one of those in `list`, which has blanks in between. */
static bool has_param(const char *list, const char *name)
{
	size_t want = strlen(name), len;

	for (; *list; list += len + (list[len] == ' ')) {
		len = strcspn(list, " ");
		if (len == want && memcmp(list, name, len) == 0)
			return true;
	}
	return false;
}

/* A misspelt parameter must not be ignored: replay?dryrun=1 is no dry run. */
static enum err check_params(struct call *c, const struct route *route)
{
	const struct request *r = c->request;

	for (size_t i = 0; i < r->params; i++) {
		const char *name = r->param[i].name;

		if (strcmp(name, "api_key") == 0 ||
		    has_param(route->params, name) ||
		    (strcmp(name, "organization") == 0 && is_for_all(c, route)))
			continue;
		response_problem(
			c->response, 400,
			"The parameter %s is not known here; %s%s.", name,
			*route->params ? "these are: " : "there is none",
			route->params);
		return ERR_INVALID;
	}
	return ERR_OK;
}

static enum err refuse_length(struct call *c)
{
	response_problem(c->response, 413,
			 "The body is longer than %llu bytes.",
			 (unsigned long long)c->conf->api.max_body);
	return ERR_INVALID;
}

static bool takes_body(const struct route *route)
{
	return strcmp(route->method, "GET") != 0 &&
	       strcmp(route->method, "DELETE") != 0;
}

/* A body that is too long or not wanted is not read. */
static enum err read_request_body(struct call *c, const struct route *route,
				  struct gateway *g)
{
	if (gateway_announced(g) > c->conf->api.max_body)
		return refuse_length(c);
	if (!takes_body(route))
		return ERR_OK;
	gateway_hurry(g, share_patience(c->share, clock_monotonic()));
	request_read_body(c->request, g);
	if (c->request->body.overflow)
		return refuse_length(c);
	if (!gateway_broken(g))
		return ERR_OK;
	response_problem(c->response, 400,
			 "The request body did not arrive whole.");
	return ERR_INVALID;
}

static void route_failed(const struct call *c, const struct route *route,
			 enum err e)
{
	if (e == ERR_TEMP || e == ERR_CONFIG)
		store_complain(c->store->db, c->conf, e);
	else if (e == ERR_INTERNAL)
		log_error("%s %s failed", route->method, route->pattern);
}

void route_serve(struct call *c, struct gateway *g)
{
	const struct route *route = find_route(c);
	enum err e;

	if (!route)
		return;
	e = check_head(c);
	if (!e)
		e = check_role(c, route);
	if (!e)
		e = check_params(c, route);
	if (!e)
		e = read_request_body(c, route, g);
	if (!e)
		e = route->handle(c);
	if (!e && route->roles & WAKES && c->response->status < 300)
		c->stirs = true;
	if (c->stirs)
		wakeup_send(c->wakeup, c->conf);
	if (!e)
		return;
	route_failed(c, route, e);
	call_fail(c, e);
}
