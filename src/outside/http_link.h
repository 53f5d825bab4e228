/* SPDX-License-Identifier: MIT */
/*
 * http_link: the open sockets, found by their two ends. libcurl does not tell
 * which connection it has chosen for a request until the request is over, only
 * between which addresses it goes; here that leads to the socket, which can be
 * looked at.
 */
#ifndef HOOKS_HTTP_LINK_H
#define HOOKS_HTTP_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "outside/attempt.h"

struct http_party;

enum { HTTP_LINK_IP_SIZE = 46 }; /* an address as text, and NUL */

/* Where a connection goes from and to. */
struct http_ends {
	const char *remote_ip, *local_ip;
	int remote_port, local_port;
};

struct http_link {
	struct http_link *next; /* in its bucket */
	int fd;
	const void *opener; /* the request it was opened for; NULL: connected */
	struct http_party *party; /* borrowed */
	/* Known as soon as a request goes over it. */
	char remote_ip[HTTP_LINK_IP_SIZE], local_ip[HTTP_LINK_IP_SIZE];
	int remote_port, local_port;
	char remote[ATTEMPT_REMOTE_SIZE], tls_version[ATTEMPT_TLS_SIZE];
};

enum { HTTP_LINK_BUCKETS = 256 };

struct http_links {
	struct http_link *bucket[HTTP_LINK_BUCKETS];
	struct http_link **by_fd;
	size_t size;  /* of by_fd */
	size_t count; /* open sockets */
};

void http_links_release(struct http_links *t);

void http_links_opened(struct http_links *t, int fd, const void *opener,
		       struct http_party *party);
/* Forgets the socket. Returns whose it was; NULL: it was not known. */
struct http_party *http_links_closed(struct http_links *t, int fd);

/* The connection over which a request went before; NULL: it is a new one. */
struct http_link *http_links_find(const struct http_links *t,
				  const struct http_ends *ends);
/* The new connection that was made for this request; from now on it is found.
 * NULL: none of its sockets has this local port. */
struct http_link *http_links_connected(struct http_links *t, const void *opener,
				       const struct http_ends *ends);

/* Nothing has come over it that was not read, and it is not closed. */
bool http_link_silent(const struct http_link *l);

#endif
