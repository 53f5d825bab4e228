/* SPDX-License-Identifier: MIT */
/*
 * admin_explain: what the keys of the configuration mean. Part of the command
 * `config`; nobody else needs it.
 */
#ifndef HOOKS_ADMIN_EXPLAIN_H
#define HOOKS_ADMIN_EXPLAIN_H

#include "base/err.h"

struct admin;

/* Prints the key that the command's word names, or all keys.
 * ERR_NOT_FOUND: there is no such key, which was logged. */
enum err admin_explain(struct admin *a);

#endif
