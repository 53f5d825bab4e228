/* SPDX-License-Identifier: MIT */
/*
 * request: the request, parsed once: the path, split at its raw slashes with
 * each segment decoded afterwards, the query, the few headers that are used,
 * and the body up to a limit.
 */
#ifndef HOOKS_REQUEST_H
#define HOOKS_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"

struct gateway;

enum request_header {
	REQUEST_API_KEY,
	REQUEST_AUTHORIZATION,
	REQUEST_CONTENT_ENCODING,
	REQUEST_CONTENT_TYPE,
	REQUEST_IDEMPOTENCY_KEY,
	REQUEST_IF_MATCH,
	REQUEST_IF_NONE_MATCH,
	REQUEST_WEBHOOK_HOPS,
	REQUEST_WEBHOOK_ID,
	REQUEST_HEADER_MAX
};

enum { REQUEST_SEGMENTS_MAX = 6, REQUEST_PARAMS_MAX = 32 };

struct request_param {
	const char *name, *value;
};

/* Texts are *arena*; texts from the environment are *borrowed*. */
struct request {
	struct arena arena;
	const char *method;
	/* After [api] base_path; a slash at the end adds no segment. */
	const char *segment[REQUEST_SEGMENTS_MAX];
	size_t segments;
	bool no_path; /* not below base_path, or cannot be decoded */
	struct request_param param[REQUEST_PARAMS_MAX];
	size_t params;
	const char *bad_query;			/* its error, or NULL */
	const char *header[REQUEST_HEADER_MAX]; /* NULL: missing */
	const char *twice;	  /* a header that came twice, or NULL */
	const char *remote;	  /* the client's address; "" when unknown */
	char *const *environment; /* borrowed */
	struct buf body;	  /* `overflow`: longer than the limit */
};

void request_init(struct request *r, uint64_t max_body);
void request_release(struct request *r);

/* Reads everything except the body. */
void request_read_head(struct request *r, char *const *environment,
		       const char *base_path);
void request_read_body(struct request *r, struct gateway *g);

/* Whether a header says that the request was forwarded for another client: then
 * the address is a proxy's. */
bool request_is_forwarded(const struct request *r);

/* A parameter of the query; NULL: missing. */
const char *request_param(const struct request *r, const char *name);

#endif
