/* SPDX-License-Identifier: MIT */
/*
 * auth: finds out who asks. The key comes in X-Api-Key, or in Authorization,
 * alone or after "Bearer", or as ?api_key=; the header wins. Only its hash is
 * looked up.
 */
#ifndef HOOKS_AUTH_H
#define HOOKS_AUTH_H

#include "base/err.h"

struct call;

/* Sets c->key. ERR_INVALID with the 401 made; errors of the database, such as
 * ERR_TEMP, are passed on. */
enum err auth_check(struct call *c);

/* For a key that belongs to no organization: sets c->key.org to that of the
 * query. ERR_INVALID with the 400 made: there is none in it. ERR_NOT_FOUND:
 * there is no such organization. */
enum err auth_organization(struct call *c);

/* After the answer: notes that the key was used, at most once a minute.
 * Failures are ignored. */
void auth_touch(struct call *c);

#endif
