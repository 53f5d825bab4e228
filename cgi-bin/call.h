/* SPDX-License-Identifier: MIT */
/*
 * call: one request on its way through the API: the request, the API key, the
 * answer in the making, and the resources of the process.
 *
 * A handler returns ERR_OK with the answer made, or an error. Problem documents
 * for errors are made in one place (call_fail), unless the handler has made one
 * and returned ERR_INVALID.
 */
#ifndef HOOKS_CALL_H
#define HOOKS_CALL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"
#include "outside/conf.h"
#include "request.h"
#include "response.h"
#include "rules/id.h"
#include "store/policy.h"
#include "store/store.h"
#include "store/store_key.h"

struct meter;
struct share;
struct wakeup;
struct store_hook;

enum { CALL_ARGS_MAX = 2 };

struct call {
	const struct conf *conf;
	struct store *store;
	const struct policy *policy;
	struct meter *meter;
	struct wakeup *wakeup;
	bool stirs;	     /* the request has left something to send */
	struct share *share; /* NULL: no organization is limited */
	struct request *request;
	struct response *response;
	struct arena *arena;  /* the request's */
	struct store_key key; /* the API key; not set on public routes */
	bool known;	      /* whether `key` is set */
	const char *route;    /* its pattern; NULL: there is none */
	/* The values of the ":" segments in the route's pattern. */
	const char *arg[CALL_ARGS_MAX];
};

/* Answers with the problem document for the error. */
void call_fail(struct call *c, enum err e);

/* Whether the caller may see the values of a hook's headers (role manage). */
bool call_open(const struct call *c);

/* ERR_NOT_FOUND for a text of any other form. */
enum err call_parse_id(const char *text, struct id *out);
/* An id of the path; ERR_NOT_FOUND for one of any other form. */
enum err call_id(const struct call *c, size_t arg, struct id *out);
/* The organization's hook that the path names first, with texts in the arena;
 * ERR_NOT_FOUND: there is none. */
enum err call_hook(struct call *c, struct store_hook *out);

/* A part that an address in an answer needs if the key belongs to no
 * organization: "&organization=ID", else "". *arena* */
const char *call_scope(struct call *c);

/* Gives the answer, whose body is made, an ETag: `first`, which may be empty,
 * and a hash of the body. A client that has it already gets a 304 instead. */
void call_tag(struct call *c, const char *first);

#endif
