/* SPDX-License-Identifier: MIT */
/*
 * hooks.fcgi: the HTTP API. It serves one request after the other, as FastCGI
 * or as plain CGI, until a signal, or until [api] max_requests renews it.
 *
 * With a wrong configuration it answers 503 and reads the file again with later
 * requests, so that correcting the file is enough.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/self.h"
#include "call.h"
#include "gateway.h"
#include "kick.h"
#include "meter.h"
#include "outside/conf.h"
#include "outside/wakeup.h"
#include "route.h"
#include "share.h"
#include "store/policy.h"
#include "store/store.h"
#include "store/store_stored.h"

enum {
	DEADLINE_MS = 4500,    /* of one request's database work */
	IDLE_MS = 30000,       /* after this the connection is closed */
	LOOK_AGAIN_MS = 1000,  /* between looks at a wrong configuration */
	SHARE_MS = 60000,      /* until it is looked for again */
	METER_MS = 1000,       /* for writing counts; no client waits */
	BODY_MAX = 1024 * 1024 /* without a configuration; drained anyway */
};

struct site {
	struct conf conf;
	struct policy policy;
	struct store store;
	struct meter meter;
	struct share *share; /* NULL: there is none */
	struct wakeup wakeup;
	int64_t share_at; /* monotonic: not looked for before */
	int64_t kick_at;  /* monotonic: no sender is started before */
	bool alone;	  /* plain CGI: a process for each request */
	bool ready;
	bool away;	  /* the last request could not be served */
	int64_t tried_at; /* monotonic; 0: never */
};

/* ---- resources of the process ---- */

static bool site_ready(struct site *site)
{
	int64_t now = clock_monotonic();
	enum err e;

	if (site->ready)
		return true;
	if (site->tried_at && now - site->tried_at < LOOK_AGAIN_MS)
		return false;
	site->tried_at = now;
	e = conf_load(&site->conf, NULL);
	if (!e) {
		e = policy_load(&site->policy, &site->conf);
		if (e)
			policy_release(&site->policy);
	}
	if (e) {
		conf_release(&site->conf);
		return false;
	}
	conf_warn(&site->conf);
	store_init(&site->store, &site->conf, DB_API);
	site->ready = true;
	return true;
}

static void find_share(struct site *site)
{
	int64_t now = clock_monotonic();

	if (site->share || site->alone || now < site->share_at)
		return;
	site->share = share_open(&site->conf);
	site->share_at = now + SHARE_MS;
}

/* Failures are ignored. */
static void write_meter(struct site *site)
{
	db_deadline(site->store.db, clock_monotonic() + METER_MS);
	(void)meter_write(&site->meter, &site->store);
	(void)store_stored_write(&site->store);
}

static void site_release(struct site *site)
{
	if (!site->ready)
		return;
	if (!site->away)
		write_meter(site);
	share_close(site->share);
	wakeup_release(&site->wakeup);
	store_release(&site->store);
	policy_release(&site->policy);
	conf_release(&site->conf);
}

/* ---- one request ---- */

static void answer_request(struct site *site, struct call *c, struct gateway *g)
{
	bool ready = site_ready(site);

	request_read_head(c->request, gateway_environment(g),
			  ready ? site->conf.api.base_path : "");
	if (!ready) {
		call_fail(c, ERR_CONFIG);
		return;
	}
	c->conf = &site->conf;
	c->store = &site->store;
	c->policy = &site->policy;
	find_share(site);
	c->meter = &site->meter;
	c->share = site->share;
	c->wakeup = &site->wakeup;
	c->request->body.max = site->conf.api.max_body;
	db_deadline(site->store.db, clock_monotonic() + DEADLINE_MS);
	route_serve(c, g);
}

static void serve(struct site *site, struct gateway *g)
{
	struct response response;
	struct request request;
	struct call c = {.request = &request,
			 .response = &response,
			 .arena = &request.arena};

	request_init(&request, BODY_MAX);
	response_init(&response);
	answer_request(site, &c, g);
	response_send(&response, g, strcmp(request.method, "HEAD") == 0);
	meter_add(&site->meter, request.method, c.route, response.status);
	gateway_finish(g); /* borrowed parts of the request end here */
	share_end(site->share, clock_monotonic());
	if (c.stirs)
		kick(&c, &site->kick_at);
	auth_touch(&c);
	site->away = response.status == 503;
	if (site->ready && !site->away &&
	    (meter_is_due(&site->meter, clock_monotonic()) ||
	     store_stored_is_due(&site->store, clock_monotonic())))
		write_meter(site);
	response_release(&response);
	request_release(&request);
}

/* A server that keeps its connection may have sent the next request: then the
 * process waits, but not for ever. */
static bool worn_out(const struct site *site, const struct gateway *g,
		     uint64_t served)
{
	uint64_t max = site->conf.api.max_requests;

	return site->ready && served >= max &&
	       (!gateway_is_kept(g) || served / 2 >= max);
}

/* No request came for a while. Counts are written soon, the connection to the
 * database is closed later. Returns the time to wait next. */
static int64_t rest(struct site *site)
{
	bool counted = site->ready && site->meter.used;

	if (counted)
		write_meter(site);
	else if (site->ready)
		db_close(site->store.db);
	return counted ? IDLE_MS - METER_WRITE_MS : -1;
}

/* True: it served until it was worn out. */
static bool loop(struct site *site, struct gateway *g)
{
	uint64_t served = 0;
	int64_t idle_ms = IDLE_MS;

	while (!worn_out(site, g, served)) {
		switch (gateway_next(g, idle_ms)) {
		case GATEWAY_REQUEST:
			serve(site, g);
			served++;
			idle_ms = site->meter.used ? METER_WRITE_MS : IDLE_MS;
			break;
		case GATEWAY_IDLE:
			idle_ms = rest(site);
			break;
		case GATEWAY_END:
			return false;
		}
	}
	return true;
}

/* The path of this program, found before an update removes the file. */
static void find_self(char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 1);

	path[n > 0 ? n : 0] = '\0';
}

/*
 * The process is renewed in place: the listening socket stays open, so that
 * requests in its queue are answered by the program that starts again. If that
 * fails, the end of the process makes the web server start another one.
 */
int main(int argc, char **argv)
{
	struct site site = {.wakeup.dir.fd = -1};
	struct gateway *g;
	char self[4096];
	bool renew;

	(void)argc;
	find_self(self, sizeof(self));
	self_keep_secrets();
	log_open("hooks.fcgi", LOG_LEVEL_WARN);
	g = gateway_new();
	site.alone = gateway_is_cgi(g);
	renew = loop(&site, g);
	gateway_free(g);
	site_release(&site);
	if (renew)
		execv(self, argv);
	return 0;
}
