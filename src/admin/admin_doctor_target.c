/* SPDX-License-Identifier: MIT */
/*
 * admin_doctor_target: the way to a receiver: its name, the address policy,
 * its certificate. It uses the sender's own network code; nothing is sent.
 */
#include <string.h>

#include "admin/admin_doctor.h"
#include "outside/http.h"
#include "store/policy.h"
#include "store/store_hook.h"

enum { WHY_SIZE = 200, WAIT_MS = 1000 };

static void connect_to(const struct conf *c, struct policy *policy,
		       struct http_request *r)
{
	struct http_options o = {
		.concurrency = 1,
		.connect_timeout_ms = c->sender.connect_timeout,
		.timeout_ms = c->sender.timeout,
		.allow_http = c->targets.allow_http,
		.ca_file = c->sender.ca_file,
		.user_agent = c->sender.user_agent,
		.bind_address = c->sender.bind_address,
		.address_ok = policy_address_ok,
		.withheld = policy_withheld,
		.arg = policy,
	};
	struct http *http;

	http_setup();
	http = http_new(&o);
	http_start(http, r);
	while (!http_done(http))
		http_wait(http, WAIT_MS);
	http_free(http);
}

static const char *advice(enum attempt_error e)
{
	switch (e) {
	case ATTEMPT_DNS:
		return "is the name right, and does this machine's resolver "
		       "work?";
	case ATTEMPT_REFUSED:
		return "its address is private or special; [targets] "
		       "allow_networks makes exceptions";
	case ATTEMPT_TLS:
		return "its certificate is not signed by an authority in "
		       "[sender] ca_file, or not for this name; see curl -v";
	default:
		return "is it up, and does a firewall let this machine out?";
	}
}

/* A receiver's faults are not faults of this installation, unless its URL was
 * given. */
static void judge(struct doctor *d, const char *host, bool asked,
		  const struct attempt *a)
{
	if (a->error == ATTEMPT_NONE)
		doctor_say(d, VERDICT_OK, 0, "target",
			   "%s: connected in %lld ms%s%s", host,
			   (long long)a->total_us / 1000,
			   *a->tls_version ? ", " : "", a->tls_version);
	else
		doctor_say(d, asked ? VERDICT_FAIL : VERDICT_WARN,
			   ERR_NOT_FOUND, "target", "%s: %s (%s)", host,
			   attempt_error_text(a->error), advice(a->error));
}

static void check_receiver(struct doctor *d, const char *url, bool asked)
{
	struct http_request r = {.url = url, .probe = true, .body = ""};
	char why[WHY_SIZE];
	struct target target;
	struct policy policy;
	enum err e = policy_load(&policy, &d->a->conf);

	if (!e)
		e = policy_find_own(&policy, &d->a->conf);
	if (!e && !target_url_check(url, strlen(url), &policy.target, why,
				    sizeof(why))) {
		doctor_say(d, asked ? VERDICT_FAIL : VERDICT_WARN, ERR_INVALID,
			   "target", "%s", why);
	} else if (!e && target_split(url, &d->a->arena, &target)) {
		connect_to(&d->a->conf, &policy, &r);
		judge(d, target.host, asked, &r.attempt);
		http_request_release(&r);
	}
	policy_release(&policy);
}

void doctor_target(struct doctor *d, const char *url)
{
	const char *newest = NULL;

	if (url)
		check_receiver(d, url, true);
	else if (!d->schema_fits ||
		 store_hook_newest_url(&d->a->store, &d->a->arena, &newest))
		return; /* it was reported */
	else if (newest)
		check_receiver(d, newest, false);
	else
		doctor_say(d, VERDICT_OK, 0, "target",
			   "no hook is enabled; give a URL to try one");
}
