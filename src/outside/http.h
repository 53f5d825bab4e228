/* SPDX-License-Identifier: MIT */
/*
 * http: posts over HTTP/1.1 and HTTPS, many at once in one thread, with
 * libcurl. The only file that uses its multi interface.
 *
 * The caller's address rule checks every connection before a byte is sent; a
 * request is sent at most once, over a connection that nobody else uses, on
 * which nothing came that was not asked for; redirects, proxies, cookies,
 * compression and the environment play no part. The measured reason for each
 * setting stands beside it.
 */
#ifndef HOOKS_HTTP_H
#define HOOKS_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "outside/attempt.h"

struct sockaddr;

enum {
	/* Sockets that may be open for each request at once: one in use, and
	 * one kept for later. */
	HTTP_SOCKETS = 2
};

struct http_request;

struct http_options {
	unsigned concurrency;	    /* requests at once, at most */
	int64_t connect_timeout_ms; /* name, address, TLS */
	int64_t timeout_ms;	    /* the whole attempt, with the body */
	size_t response_limit;	    /* bytes kept of headers, and of the body */
	size_t delivered_limit;	    /* of both together, when it is a 2xx */
	bool allow_http;
	const char *ca_file;	/* borrowed; "" = the system's bundle */
	const char *user_agent; /* borrowed */
	/* The own address to send from, borrowed; "" = the system's choice. */
	const char *bind_address;
	/* Whether this address may be connected to; asked at every connect. */
	bool (*address_ok)(void *arg, const struct sockaddr *address);
	/* Whether the answers from this address, as text, are for this host
	 * alone: only their status is kept. NULL: never. */
	bool (*withheld)(void *arg, const char *ip);
	void *arg;
	/* Whether this request may still be sent; asked at the last moment
	 * before its first byte leaves. If not: ATTEMPT_STOPPED, and nothing
	 * was sent. NULL: always. */
	bool (*may_send)(struct http_request *r);
};

/* Header lines: "Name: value", or "Name;" where there is no value. */
struct http_header {
	char *line; /* only read; libcurl has no const */
	const struct http_header *next;
};

/* One request, owned by the caller, who sets the first part and reads
 * `attempt` when it is done. */
struct http_request {
	const char *url; /* borrowed until done, as the rest */
	const struct http_header *headers; /* after User-Agent */
	const void *body;
	size_t body_len;
	/* On whose behalf it is sent: connections of others are not used. NULL:
	 * on nobody's. */
	const char *party;
	bool probe; /* connect, with TLS, and send nothing */
	bool fresh; /* over a new connection */

	struct attempt attempt; /* its buffers: http_request_release */

	void *easy; /* from here on private */
	struct http_request *next;
	struct curl_slist *list; /* libcurl's, of all headers */
	char *retry_after;
	unsigned sendings, interim;
	size_t received;
	bool refused, connecting, cut, unclean, placed, late;
	bool odd_coding;
	int64_t launched; /* monotonic */
	/* Set when a status 2xx and its headers are complete: the monotonic
	 * time until which the body is waited for; else 0. */
	int64_t body_until;
	struct http_request *later, *earlier; /* in this list: */
	struct http_bodies *bodies;
	struct http_party *kept_by;
	struct http *http;
};

struct http;

/* Called once in a program, before any thread starts. */
void http_setup(void);

/* Never NULL. Only one thread may use it; http_wake is the exception. */
struct http *http_new(const struct http_options *options);
/* All requests must be done. */
void http_free(struct http *h);

/* Starts the request. The caller keeps within `concurrency`. */
void http_start(struct http *h, struct http_request *r);
/* Ends the request without waiting: done at once, with ATTEMPT_STOPPED. */
void http_stop(struct http *h, struct http_request *r);
/* The next request that is done, or NULL. */
struct http_request *http_done(struct http *h);
/* Works on everything that is ready, then waits at most `ms` for more or for
 * a call of http_wake. */
void http_wait(struct http *h, int64_t ms);
/* May be called from any thread. */
void http_wake(struct http *h);

/* Frees the buffers of the attempt. */
void http_request_release(struct http_request *r);

#endif
