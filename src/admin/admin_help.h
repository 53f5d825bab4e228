/* SPDX-License-Identifier: MIT */
/*
 * admin_help: what hooks-admin says of itself.
 */
#ifndef HOOKS_ADMIN_HELP_H
#define HOOKS_ADMIN_HELP_H

#include "base/buf.h"
#include "base/err.h"

struct admin;
struct admin_command;

/* All commands, a line and a sentence each, and the options of all. */
void admin_help_all(struct buf *out);
/* One command: usage, sentence, options, an example. */
void admin_help_page(struct buf *out, const struct admin_command *c);

/* The command `help`. */
enum err admin_help(struct admin *a);

#endif
