/* SPDX-License-Identifier: MIT */
/*
 * http_pool: kept connections, apart for each party. An answer that nobody
 * asked for is taken for the next one's on the same connection; so whoever
 * makes a receiver send such answers must be the one who reads them.
 *
 * How many sockets are open is counted here, because libcurl counts each
 * party's alone. Over the limit the connections of those who use none go, the
 * longest unused first, then those that others do not use at the moment.
 */
#ifndef HOOKS_HTTP_POOL_H
#define HOOKS_HTTP_POOL_H

#include <stddef.h>

#include <curl/curl.h>

struct http_party; /* one, and its connections */
struct http_pool;

/* Never NULL. `limit`: of open sockets. */
struct http_pool *http_pool_new(size_t limit);
/* Nobody may be in it. */
void http_pool_free(struct http_pool *p);

/* A request of this party begins; "" is a party, too. Before, connections are
 * closed where there are too many: through CURLOPT_CLOSESOCKETFUNCTION. */
struct http_party *http_pool_enter(struct http_pool *p, const char *name);
/* It has a connection by now, or has opened a socket that is counted; once for
 * each request. */
void http_pool_placed(struct http_pool *p);
/* It has ended, and its handle is gone. */
void http_pool_leave(struct http_pool *p, struct http_party *party);

/* For CURLOPT_SHARE. */
CURLSH *http_party_share(const struct http_party *party);

void http_pool_opened(struct http_pool *p, struct http_party *party);
void http_pool_closed(struct http_pool *p, struct http_party *party);

#endif
