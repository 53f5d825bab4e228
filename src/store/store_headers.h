/* SPDX-License-Identifier: MIT */
/*
 * store_headers: the headers of all hooks, written again in the form that
 * [secrets] key_file asks for. Single hooks are read and written by store_hook.
 */
#ifndef HOOKS_STORE_HEADERS_H
#define HOOKS_STORE_HEADERS_H

#include "base/err.h"

struct store;
struct store_secret_sweep;

/* Rewrites the headers of some rows of vh_hooks, in a step like those of
 * store_secret_rewrite. The headers of a hook count as one. */
enum err store_headers_rewrite(struct store *s, struct store_secret_sweep *w);

#endif
