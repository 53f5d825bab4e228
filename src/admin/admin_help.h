/* SPDX-License-Identifier: MIT */
/*
 * admin_help: the help texts of hooks-admin.
 */
#ifndef HOOKS_ADMIN_HELP_H
#define HOOKS_ADMIN_HELP_H

#include "base/buf.h"
#include "base/err.h"

struct admin;
struct admin_command;

/* All commands, a line and a sentence each, and the global options. */
void admin_help_all(struct buf *out);
/* One command: usage, meaning, options, an example. */
void admin_help_page(struct buf *out, const struct admin_command *c);

/* The command `help`. */
enum err admin_help(struct admin *a);

#endif
