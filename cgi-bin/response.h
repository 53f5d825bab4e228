/* SPDX-License-Identifier: MIT */
/*
 * response: the answer while it is made: status, headers, body. It is sent
 * once, when the work is done; an error replaces everything before it.
 */
#ifndef HOOKS_RESPONSE_H
#define HOOKS_RESPONSE_H

#include <stdbool.h>

#include "base/buf.h"

struct gateway;
struct jtree;

/* Seconds after which a client should try again when it was not served. */
enum { RESPONSE_RETRY_S = 5 };

struct response {
	unsigned status; /* 0: not decided yet */
	const char *type;
	const char *cache; /* Cache-Control; NULL: no-store */
	struct buf head;   /* further header lines */
	struct buf body;
};

void response_init(struct response *r);
void response_release(struct response *r);

/* The value must not contain line ends; text from outside is checked before it
 * gets here. */
void response_header(struct response *r, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Takes and frees `v`. */
void response_json(struct response *r, unsigned status, struct jtree *v);
/* No body: 204, 304. */
void response_empty(struct response *r, unsigned status);
/* A problem document (RFC 9457); `detail` is a sentence. */
void response_problem(struct response *r, unsigned status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A 400 with all field errors, given as a JSON array. */
void response_invalid(struct response *r, const char *detail,
		      const struct buf *errors);

/* `head`: without the body, but with its length. */
void response_send(const struct response *r, struct gateway *g, bool head);

#endif
