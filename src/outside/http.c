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
#include <strings.h>
#include <unistd.h>

#include <curl/curl.h>
#include <openssl/ssl.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "outside/http_judge.h"
#include "outside/http_slist.h"
#include "outside/poller.h"

enum {
	/* Headers of one answer, in bytes: servers send 8 to 16 KiB at most;
	 * more than this is not an answer but an attack. */
	HEADERS_MAX = 64 * 1024,
	DNS_CACHE_S = 60
};

struct http {
	struct http_options o;
	CURLM *multi;
	struct poller *watch;
	struct buf agent; /* the header line */
	CURLSH *sessions; /* TLS sessions: they outlive their handle */
	struct http_request *done, **done_tail; /* in order */
};

static void http_must(bool ok, const char *what)
{
	if (ok)
		return;
	log_error("libcurl refused: %s", what);
	exit(err_exit(ERR_INTERNAL));
}

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
	int fd;

	if (purpose != CURLSOCKTYPE_IPCXN)
		return CURL_SOCKET_BAD;
	if (!o->address_ok(o->arg, &a->addr)) {
		r->refused = true;
		return CURL_SOCKET_BAD;
	}
	r->connecting = true;
	fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
	if (fd >= 0)
		poller_opened(r->http->watch, fd);
	return fd;
}

static int close_socket(void *arg, curl_socket_t fd)
{
	struct http *h = arg;

	poller_closed(h->watch, fd);
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
	poller_want(h->watch, fd, wants[what]);
	return 0;
}

static void note_tls(CURL *easy, struct attempt *a)
{
	struct curl_tlssessioninfo *tls = NULL;

	if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &tls) != CURLE_OK ||
	    !tls || tls->backend != CURLSSLBACKEND_OPENSSL || !tls->internals)
		return;
	snprintf(a->tls_version, sizeof(a->tls_version), "%s",
		 SSL_get_version(tls->internals));
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
	struct http_request *r = arg;
	bool v6 = strchr(remote_ip, ':') != NULL;

	(void)local_ip;
	(void)local_port;
	if (r->sendings++)
		return CURL_PREREQFUNC_ABORT;
	r->attempt.sent = true;
	snprintf(r->attempt.remote, sizeof(r->attempt.remote),
		 v6 ? "[%.45s]:%d" : "%.45s:%d", remote_ip, remote_port);
	note_tls(r->easy, &r->attempt);
	return CURL_PREREQFUNC_OK;
}

static char *header_value(const char *line, size_t n, const char *name)
{
	size_t len = strlen(name);
	char *value;

	if (n <= len || line[len] != ':' || strncasecmp(line, name, len) != 0)
		return NULL;
	line += len + 1;
	n -= len + 1;
	while (n && (*line == ' ' || *line == '\t')) {
		line++;
		n--;
	}
	while (n && strchr(" \t\r\n", line[n - 1]))
		n--;
	value = xmalloc(n + 1);
	memcpy(value, line, n);
	value[n] = '\0';
	return value;
}

static void keep_retry_after(struct http_request *r, char *value)
{
	free(r->retry_after);
	r->retry_after = value;
	r->attempt.retry_after = value;
}

/*
 * libcurl would unpack a compressed transfer coding although it has not asked
 * for one (no TE), and 100 kB become 100 MB of work: such an answer is refused
 * as not HTTP.
 */
static bool coding_ok(const char *line, size_t n)
{
	char *value = header_value(line, n, "Transfer-Encoding");
	bool ok = !value || strcasecmp(value, "chunked") == 0;

	free(value);
	return ok;
}

static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
	struct http_request *r = arg;
	size_t n = size * count;
	char *value;

	r->received += n;
	if (r->received > HEADERS_MAX || !coding_ok(line, n))
		return CURL_WRITEFUNC_ERROR;
	if (n > 5 && memcmp(line, "HTTP/", 5) == 0) { /* after a 1xx */
		buf_clear(&r->attempt.headers);
		keep_retry_after(r, NULL);
	}
	buf_add_cut(&r->attempt.headers, line, n);
	value = header_value(line, n, "Retry-After");
	if (value)
		keep_retry_after(r, value);
	return n;
}

/* The status has decided already: bytes over the limit are not read. */
static size_t on_body(char *p, size_t size, size_t count, void *arg)
{
	struct http_request *r = arg;
	size_t n = size * count;

	buf_add_cut(&r->attempt.body, p, n);
	if (!r->attempt.body.overflow)
		return n;
	r->cut = true;
	return CURL_WRITEFUNC_ERROR;
}

/* ---- easy handles ---- */

static void http_set(CURLcode code, const char *what)
{
	http_must(code == CURLE_OK, what);
}

#define SET(easy, option, value)                                               \
	http_set(curl_easy_setopt(easy, CURLOPT_##option, value), #option)

static void set_transport(CURL *e, const struct http_options *o)
{
	SET(e, PROTOCOLS_STR, o->allow_http ? "http,https" : "https");
	SET(e, HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(e, FOLLOWLOCATION, 0L);
	SET(e, PROXY, "");
	SET(e, NOPROXY, "*");
	SET(e, NETRC, (long)CURL_NETRC_IGNORED);
	SET(e, NOSIGNAL, 1L);
	/* One silent name server stopped the whole loop for 9 s when a
	 * transfer was ended during its look-up. */
	SET(e, QUICK_EXIT, 1L);
	SET(e, DNS_CACHE_TIMEOUT, (long)DNS_CACHE_S);
	SET(e, CONNECTTIMEOUT_MS, (long)o->connect_timeout_ms);
	SET(e, TIMEOUT_MS, (long)o->timeout_ms);
}

static void set_tls(CURL *e, const struct http_options *o)
{
	SET(e, SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(e, SSL_VERIFYPEER, 1L);
	SET(e, SSL_VERIFYHOST, 2L);
	/* Debian's default also reads a directory at every handshake: 20 ms
	 * of CPU each. The bundle alone is read once and kept. */
	SET(e, CAPATH, NULL);
	if (*o->ca_file)
		SET(e, CAINFO, o->ca_file);
}

static void set_callbacks(CURL *e, struct http *h)
{
	SET(e, OPENSOCKETFUNCTION, open_socket);
	SET(e, CLOSESOCKETFUNCTION, close_socket);
	SET(e, CLOSESOCKETDATA, h);
	SET(e, PREREQFUNCTION, before_request);
	SET(e, HEADERFUNCTION, on_header);
	SET(e, WRITEFUNCTION, on_body);
}

/*
 * One handle for each request. Using them again would save 2 to 3 us of CPU,
 * but libcurl before 8.2 keeps a pointer in them to a header that it has freed,
 * and an answer whose first header line begins with a blank is then written
 * there (curl's issue 11101).
 */
static CURL *make_easy(struct http *h)
{
	CURL *e = curl_easy_init();

	http_must(e != NULL, "easy handle");
	set_transport(e, &h->o);
	set_tls(e, &h->o);
	set_callbacks(e, h);
	SET(e, SHARE, h->sessions);
	SET(e, POST, 1L);
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
	h->watch = poller_new();
	buf_init(&h->agent, HEADERS_MAX);
	buf_printf(&h->agent, "User-Agent: %s", options->user_agent);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	h->sessions = curl_share_init();
	http_must(h->sessions != NULL, "share");
	curl_share_setopt(h->sessions, CURLSHOPT_SHARE,
			  CURL_LOCK_DATA_SSL_SESSION);
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS,
			  (long)options->concurrency);
	curl_multi_setopt(h->multi, CURLMOPT_PIPELINING,
			  (long)CURLPIPE_NOTHING);
	return h;
}

void http_free(struct http *h)
{
	curl_multi_cleanup(h->multi);
	curl_share_cleanup(h->sessions);
	poller_free(h->watch);
	buf_release(&h->agent);
	free(h);
}

static void clear(struct http *h, struct http_request *r)
{
	http_request_release(r);
	buf_init(&r->attempt.headers, h->o.response_limit);
	buf_init(&r->attempt.body, h->o.response_limit);
	r->http = h;
}

void http_start(struct http *h, struct http_request *r)
{
	CURL *e = make_easy(h);

	clear(h, r);
	r->easy = e;
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
	http_must(curl_multi_add_handle(h->multi, e) == CURLM_OK, "add");
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
	r->refused = r->connecting = r->cut = false;
}

/* ---- the end of a request ---- */

static int64_t when(CURL *e, CURLINFO what)
{
	curl_off_t us = 0;

	curl_easy_getinfo(e, what, &us);
	return us;
}

static void note_times(CURL *e, struct attempt *a)
{
	a->dns_us = when(e, CURLINFO_NAMELOOKUP_TIME_T);
	a->connect_us = when(e, CURLINFO_CONNECT_TIME_T);
	a->tls_us = when(e, CURLINFO_APPCONNECT_TIME_T);
	a->first_byte_us = when(e, CURLINFO_STARTTRANSFER_TIME_T);
	a->total_us = when(e, CURLINFO_TOTAL_TIME_T);
}

static void finish(struct http *h, struct http_request *r,
		   enum attempt_error error)
{
	r->attempt.error = error;
	r->attempt.status = http_judge_status(r);
	note_times(r->easy, &r->attempt);
	if (r->probe)
		note_tls(r->easy, &r->attempt);
	curl_multi_remove_handle(h->multi, r->easy);
	curl_easy_cleanup(r->easy);
	free(r->list);
	r->list = NULL;
	r->easy = NULL;
	r->next = NULL;
	*h->done_tail = r;
	h->done_tail = &r->next;
}

void http_stop(struct http *h, struct http_request *r)
{
	if (r->easy)
		finish(h, r, ATTEMPT_STOPPED);
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

void http_wait(struct http *h, int64_t ms)
{
	struct poller_event events[POLLER_EVENTS_MAX];
	int64_t timer = run_timers(h);

	collect(h);
	if (h->done)
		ms = 0;
	else if (timer >= 0 && timer < ms)
		ms = timer;
	run_sockets(h, events, poller_wait(h->watch, ms, events));
	collect(h);
}

void http_wake(struct http *h)
{
	poller_wake(h->watch);
}
