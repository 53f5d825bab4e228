/* SPDX-License-Identifier: MIT */
/*
 * http: libcurl's multi interface, set up so that it does only what a
 * webhook delivery may do.
 */
#include "outside/http.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>
#include <openssl/ssl.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "outside/http_answer.h"
#include "outside/http_easy.h"
#include "outside/http_judge.h"
#include "outside/http_link.h"
#include "outside/http_pool.h"
#include "outside/http_slist.h"
#include "outside/poller.h"

enum { AGENT_MAX = 1024 };

struct http {
	struct http_options o;
	CURLM *multi;
	struct poller *poller;
	struct buf agent; /* the header line */
	struct http_pool *pool;
	struct http_links links;
	struct http_bodies bodies;
	struct http_request *done, **done_tail; /* in order */
};

/*
 * Removes the part of the environment that no option of libcurl keeps out: a
 * file that session keys are written to, aliases for a target's name, other
 * ways to look it up. An empty LOCALDOMAIN removes the search domains: a name
 * that does not exist must not become one of ours.
 */
static void ignore_environment(void)
{
	static const char *const names[] = {"SSLKEYLOGFILE", "HOSTALIASES",
					    "RES_OPTIONS"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		http_must(unsetenv(names[i]) == 0, names[i]);
	http_must(setenv("LOCALDOMAIN", "", 1) == 0, "LOCALDOMAIN");
}

void http_setup(void)
{
	ignore_environment(); /* libcurl reads it when it starts */
	http_must(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK, "start");
}

/* ---- callbacks of libcurl ---- */

static void note_place(struct http_request *r)
{
	if (!r->placed)
		http_pool_placed(r->http->pool);
	r->placed = true;
}

/*
 * Sees the address that is about to be connected, so there is no second
 * look-up that could give another answer (DNS rebinding). A refused address
 * is skipped: libcurl tries the next one.
 */
static curl_socket_t open_socket(void *arg, curlsocktype purpose,
				 struct curl_sockaddr *a)
{
	struct http_request *r = arg;
	const struct http_options *o = &r->http->o;
	struct http *h = r->http;
	int fd;

	if (purpose != CURLSOCKTYPE_IPCXN)
		return CURL_SOCKET_BAD;
	if (r->sendings) { /* see before_request() */
		r->attempt.stale = true;
		return CURL_SOCKET_BAD;
	}
	if (!o->address_ok(o->arg, &a->addr)) {
		r->refused = true;
		return CURL_SOCKET_BAD;
	}
	r->connecting = true;
	fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
	if (fd < 0)
		return fd;
	poller_opened(h->poller, fd);
	http_links_opened(&h->links, fd, r, r->kept_by);
	http_pool_opened(h->pool, r->kept_by);
	note_place(r);
	return fd;
}

static int close_socket(void *arg, curl_socket_t fd)
{
	struct http *h = arg;
	struct http_party *party = http_links_closed(&h->links, fd);

	if (party)
		http_pool_closed(h->pool, party);
	poller_closed(h->poller, fd);
	return close(fd);
}

static int want_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
		       void *unused)
{
	static const unsigned wants[] = {
		[CURL_POLL_IN] = POLLER_IN,
		[CURL_POLL_OUT] = POLLER_OUT,
		[CURL_POLL_INOUT] = POLLER_IN | POLLER_OUT,
		[CURL_POLL_REMOVE] = 0,
	};
	struct http *h = arg;

	(void)easy;
	(void)unused;
	poller_want(h->poller, fd, wants[what]);
	return 0;
}

static void note_tls(CURL *easy, char version[ATTEMPT_TLS_SIZE])
{
	struct curl_tlssessioninfo *tls = NULL;

	if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &tls) != CURLE_OK ||
	    !tls || tls->backend != CURLSSLBACKEND_OPENSSL || !tls->internals)
		return;
	snprintf(version, ATTEMPT_TLS_SIZE, "%s",
		 SSL_get_version(tls->internals));
}

/* The connection that libcurl has chosen; NULL: it must not be used. A kept
 * one is used only if nothing came over it since: whatever did would be taken
 * for the answer to this request. */
static const struct http_link *choose_link(struct http_request *r,
					   const struct http_ends *ends)
{
	struct http_links *links = &r->http->links;
	struct http_link *l = http_links_find(links, ends);

	if (l)
		return http_link_silent(l) ? l : NULL;
	l = http_links_connected(links, r, ends);
	if (l)
		note_tls(r->easy, l->tls_version);
	return l;
}

/*
 * Runs before every sending of the request. On a kept connection that was
 * closed without an answer, libcurl would send the POST again by itself and
 * report one success; the second sending is forbidden here, and the attempt
 * is recorded as one that may have arrived.
 */
static int before_request(void *arg, char *remote_ip, char *local_ip,
			  int remote_port, int local_port)
{
	const struct http_ends ends = {remote_ip, local_ip, remote_port,
				       local_port};
	struct http_request *r = arg;
	const struct http_options *o = &r->http->o;
	const struct http_link *link;

	note_place(r);
	if (r->sendings) {
		r->attempt.stale = true;
		return CURL_PREREQFUNC_ABORT;
	}
	link = choose_link(r, &ends);
	r->unclean = !link;
	r->late = link && o->may_send && !o->may_send(r);
	if (!link || r->late)
		return CURL_PREREQFUNC_ABORT;
	r->sendings++;
	r->attempt.sent = true;
	if (o->withheld && o->withheld(o->arg, remote_ip))
		r->attempt.kept = ATTEMPT_OWN;
	memcpy(r->attempt.remote, link->remote, sizeof(link->remote));
	memcpy(r->attempt.tls_version, link->tls_version,
	       sizeof(link->tls_version));
	return CURL_PREREQFUNC_OK;
}

/* ---- easy handles ---- */

static void set_callbacks(CURL *e, struct http *h)
{
	SET(e, OPENSOCKETFUNCTION, open_socket);
	SET(e, CLOSESOCKETFUNCTION, close_socket);
	SET(e, CLOSESOCKETDATA, h);
	SET(e, PREREQFUNCTION, before_request);
	SET(e, HEADERFUNCTION, http_answer_header);
	SET(e, WRITEFUNCTION, http_answer_body);
}

static CURL *make_easy(struct http *h, const struct http_party *party)
{
	CURL *e = http_easy_new(&h->o);

	set_callbacks(e, h);
	SET(e, SHARE, http_party_share(party));
	return e;
}

/* ---- requests ---- */

struct http *http_new(const struct http_options *options)
{
	struct http *h = xcalloc(1, sizeof(*h));

	h->o = *options;
	h->done_tail = &h->done;
	h->multi = curl_multi_init();
	http_must(h->multi != NULL, "multi handle");
	h->poller = poller_new();
	h->pool = http_pool_new((size_t)options->concurrency * HTTP_SOCKETS);
	buf_init(&h->agent, AGENT_MAX);
	buf_printf(&h->agent, "User-Agent: %s", options->user_agent);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS,
			  (long)options->concurrency);
	curl_multi_setopt(h->multi, CURLMOPT_PIPELINING,
			  (long)CURLPIPE_NOTHING);
	return h;
}

void http_free(struct http *h)
{
	http_pool_free(h->pool);
	curl_multi_cleanup(h->multi);
	http_links_release(&h->links);
	poller_free(h->poller);
	buf_release(&h->agent);
	free(h);
}

static void clear(struct http *h, struct http_request *r)
{
	http_request_release(r);
	buf_init(&r->attempt.headers, h->o.response_limit);
	buf_init(&r->attempt.body, h->o.response_limit);
	r->http = h;
	r->bodies = &h->bodies;
}

/* Each request has a handle of its own. */
static void launch(struct http *h, struct http_request *r)
{
	CURL *e;

	r->kept_by = http_pool_enter(h->pool, r->party ? r->party : "");
	r->placed = false;
	e = make_easy(h, r->kept_by);
	r->easy = e;
	r->launched = clock_monotonic();
	SET(e, URL, r->url);
	r->list = http_slist(h->agent.data, r->headers);
	SET(e, HTTPHEADER, r->list);
	SET(e, POSTFIELDS, r->body);
	SET(e, POSTFIELDSIZE_LARGE, (curl_off_t)r->body_len);
	SET(e, OPENSOCKETDATA, r);
	SET(e, PREREQDATA, r);
	SET(e, HEADERDATA, r);
	SET(e, WRITEDATA, r);
	SET(e, PRIVATE, r);
	SET(e, CONNECT_ONLY, r->probe ? 1L : 0L);
	SET(e, FRESH_CONNECT, r->fresh || r->unclean ? 1L : 0L);
	http_must(curl_multi_add_handle(h->multi, e) == CURLM_OK, "add");
}

static void put_down(struct http *h, struct http_request *r)
{
	curl_multi_remove_handle(h->multi, r->easy);
	curl_easy_cleanup(r->easy);
	note_place(r);
	http_pool_leave(h->pool, r->kept_by);
	free(r->list);
	r->list = NULL;
	r->easy = NULL;
	r->kept_by = NULL;
}

void http_start(struct http *h, struct http_request *r)
{
	clear(h, r);
	launch(h, r);
}

void http_request_release(struct http_request *r)
{
	if (r->http) {
		buf_release(&r->attempt.headers);
		buf_release(&r->attempt.body);
		free(r->retry_after);
	}
	memset(&r->attempt, 0, sizeof(r->attempt));
	r->http = NULL;
	r->easy = NULL;
	r->next = NULL;
	r->retry_after = NULL;
	r->sendings = 0;
	r->received = 0;
	r->interim = 0;
	r->refused = r->connecting = r->cut = r->unclean = false;
	r->late = r->odd_coding = false;
	r->body_until = 0;
}

/* ---- the end of a request ---- */

static int64_t when(CURL *e, CURLINFO what)
{
	curl_off_t us = 0;

	curl_easy_getinfo(e, what, &us);
	return us;
}

/* libcurl's total is the time of its last look, which may be long ago when the
 * end is ours. */
static void note_times(CURL *e, int64_t launched, struct attempt *a)
{
	int64_t us = (clock_monotonic() - launched) * 1000;

	a->dns_us = when(e, CURLINFO_NAMELOOKUP_TIME_T);
	a->connect_us = when(e, CURLINFO_CONNECT_TIME_T);
	a->tls_us = when(e, CURLINFO_APPCONNECT_TIME_T);
	a->first_byte_us = when(e, CURLINFO_STARTTRANSFER_TIME_T);
	a->total_us = when(e, CURLINFO_TOTAL_TIME_T);
	if (a->total_us < us - 1000)
		a->total_us = us;
}

static void finish(struct http *h, struct http_request *r,
		   enum attempt_error error)
{
	r->attempt.error = error;
	r->attempt.status = http_judge_status(r);
	note_times(r->easy, r->launched, &r->attempt);
	http_answer_end(r, h->o.delivered_limit);
	http_answer_forget(&h->bodies, r);
	if (r->probe)
		note_tls(r->easy, r->attempt.tls_version);
	put_down(h, r);
	r->next = NULL;
	*h->done_tail = r;
	h->done_tail = &r->next;
}

void http_stop(struct http *h, struct http_request *r)
{
	if (r->easy)
		finish(h, r, r->body_until ? ATTEMPT_NONE : ATTEMPT_STOPPED);
}

/* The connection was not fit for use, and nothing was sent over it. libcurl
 * closes it. */
static void launch_anew(struct http *h, struct http_request *r)
{
	put_down(h, r);
	r->connecting = r->refused = false;
	launch(h, r);
}

static bool is_to_go_anew(const struct http_request *r, CURLcode code)
{
	return code == CURLE_ABORTED_BY_CALLBACK && r->unclean && !r->sendings;
}

static void collect(struct http *h)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(h->multi, &left))) {
		struct http_request *r = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &r);
		if (is_to_go_anew(r, m->data.result))
			launch_anew(h, r);
		else
			finish(h, r, http_judge(r, m->data.result));
	}
}

struct http_request *http_done(struct http *h)
{
	struct http_request *r = h->done;

	if (!r)
		return NULL;
	h->done = r->next;
	if (!h->done)
		h->done_tail = &h->done;
	return r;
}

/* Starts new requests and ends those that have waited long enough. Returns how
 * long the rest may wait, < 0: for ever. */
static int64_t run_timers(struct http *h)
{
	long ms = -1;
	int running;

	curl_multi_timeout(h->multi, &ms);
	if (ms)
		return ms;
	curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	curl_multi_timeout(h->multi, &ms);
	return ms;
}

static void run_sockets(struct http *h, const struct poller_event *e, size_t n)
{
	int running;

	for (size_t i = 0; i < n; i++) {
		int bits = (e[i].ready & POLLER_IN ? CURL_CSELECT_IN : 0) |
			   (e[i].ready & POLLER_OUT ? CURL_CSELECT_OUT : 0);

		curl_multi_socket_action(h->multi, e[i].fd, bits, &running);
	}
}

/* Ends requests whose bodies take too long. Returns how long the rest may wait,
 * < 0: for ever. */
static int64_t run_bodies(struct http *h)
{
	int64_t now;

	if (!h->bodies.first)
		return -1;
	now = clock_monotonic();
	while (h->bodies.first && now >= h->bodies.first->body_until)
		finish(h, h->bodies.first, ATTEMPT_NONE);
	return h->bodies.first ? h->bodies.first->body_until - now : -1;
}

static int64_t sooner(int64_t ms, int64_t timer)
{
	return timer >= 0 && timer < ms ? timer : ms;
}

void http_wait(struct http *h, int64_t ms)
{
	struct poller_event events[POLLER_EVENTS_MAX];
	int64_t timer = run_timers(h);

	collect(h);
	ms = sooner(sooner(ms, timer), run_bodies(h));
	if (h->done)
		ms = 0;
	run_sockets(h, events, poller_wait(h->poller, ms, events));
	collect(h);
}

void http_wake(struct http *h)
{
	poller_wake(h->poller);
}
