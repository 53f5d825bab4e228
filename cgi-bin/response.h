/* SPDX-License-Identifier: MIT */
/*
 * response: the answer while it is made: status, headers, body. Sent once,
 * when the work is done; an error replaces what was there before.
 */
#ifndef HOOKS_RESPONSE_H
#define HOOKS_RESPONSE_H

#include <stdbool.h>

#include "base/buf.h"

struct gateway;
struct jtree;

/* Seconds until a client should try again when we cannot serve it. */
enum { RESPONSE_RETRY_S = 5 };

struct response {
	unsigned status; /* 0: not decided */
	const char *type;
	const char *cache; /* Cache-Control; NULL: no-store */
	struct buf head;   /* further header lines */
	struct buf body;
};

void response_init(struct response *r);
void response_release(struct response *r);

/* `value` must not hold line ends; what came from outside is checked before
 * it gets here. */
void response_header(struct response *r, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Takes and frees `v`. */
void response_json(struct response *r, unsigned status, struct jtree *v);
/* No body: 204, 304. */
void response_empty(struct response *r, unsigned status);
/* A problem document (RFC 9457); `detail` is a sentence. */
void response_problem(struct response *r, unsigned status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A 400 with all bad fields, which are a JSON array. */
void response_invalid(struct response *r, const char *detail,
		      const struct buf *errors);

/* `head`: without the body, whose length is given all the same. */
void response_send(const struct response *r, struct gateway *g, bool head);

#endif
