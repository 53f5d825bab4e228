/* SPDX-License-Identifier: MIT */
/*
 * gateway: receives requests and sends answers: FastCGI, or plain CGI when
 * descriptor 0 is not a listening socket. The one file that knows libfcgi.
 */
#ifndef HOOKS_GATEWAY_H
#define HOOKS_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gateway;

/* Never NULL. SIGTERM, SIGINT and SIGUSR1 (a server's graceful end) are
 * blocked from here on, except while gateway_next waits. */
struct gateway *gateway_new(void);
void gateway_free(struct gateway *g);

/* Whether this process serves one request, as plain CGI. */
bool gateway_is_cgi(const struct gateway *g);

enum gateway_event {
	GATEWAY_REQUEST, /* a request; the caller must gateway_finish() it */
	GATEWAY_IDLE,	 /* none came within `idle_ms` */
	GATEWAY_END /* a signal, the socket is gone, or CGI's request is done */
};

/* Waits; a negative `idle_ms` means without end. */
enum gateway_event gateway_next(struct gateway *g, int64_t idle_ms);

/* Whether the server has kept its connection for another request. */
bool gateway_is_kept(const struct gateway *g);

/* "NAME=value" strings with NULL after the last; borrowed until finish. */
char *const *gateway_environment(const struct gateway *g);
/* CONTENT_LENGTH; 0: there is no body, or its length is not known. */
uint64_t gateway_announced(const struct gateway *g);
/* The next bytes of the body; 0 at its end, or when 10 s are over. Under
 * FastCGI the end is the end of input, under plain CGI it comes after
 * CONTENT_LENGTH bytes where a length was announced. */
size_t gateway_read(struct gateway *g, void *p, size_t n);
/* The body must have come within so many ms. */
void gateway_hurry(struct gateway *g, int64_t ms);
/* Whether the body, read to its end, did not come whole: the client was cut off
 * or is too slow, and the rest of the body is unknown. */
bool gateway_broken(const struct gateway *g);
/* Writes the answer. It is no error if the client has gone or does not read. */
void gateway_write(struct gateway *g, const void *p, size_t n);
/* Sends the answer whole and ends the request. A little of the body is still
 * read, so that a server which is sending it gets the answer. If there is more,
 * the connection ends: nobody may keep a process with a body that is not
 * wanted. */
void gateway_finish(struct gateway *g);

#endif
