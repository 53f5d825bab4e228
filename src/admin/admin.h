/* SPDX-License-Identifier: MIT */
/*
 * admin: the parts that the commands of hooks-admin share: the command line
 * after it was read, the configuration, the connection, and the ways to print.
 *
 * One file a noun (admin_org.c, ...); the table of commands in admin_command.c
 * names their functions. Standard output carries only the requested result, as
 * plain lines or as JSON; it is written when the command has succeeded.
 */
#ifndef HOOKS_ADMIN_H
#define HOOKS_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "outside/conf.h"
#include "outside/jtree.h"
#include "rules/id.h"
#include "store/store.h"

/* The options of commands; the global ones are read elsewhere. */
enum admin_option {
	ADMIN_ACTION,
	ADMIN_ADMIN,
	ADMIN_CANCELS,
	ADMIN_COLUMNS,
	ADMIN_DELIVER_AT,
	ADMIN_DESCRIPTION,
	ADMIN_DRY_RUN,
	ADMIN_EXAMPLE,
	ADMIN_EXPIRES_AT,
	ADMIN_EXPLAIN,
	ADMIN_IDEMPOTENCY_KEY,
	ADMIN_NAME,
	ADMIN_OCCURRED_AT,
	ADMIN_OLD_KEY_FILE,
	ADMIN_ON,
	ADMIN_ORG,
	ADMIN_REPLACE_KEY,
	ADMIN_ROLE,
	ADMIN_STRICT,
	ADMIN_TABLE,
	ADMIN_USER,
	ADMIN_WHEN,
	ADMIN_YES,
	ADMIN_OPTION_MAX
};

struct admin {
	const char *option[ADMIN_OPTION_MAX]; /* NULL: not given */
	char **arg;			      /* after the command's name */
	int args;
	bool json;
	bool exact; /* the output's bytes count: only a terminal is spared */
	const char *config; /* as given; NULL: not given */
	struct conf conf;
	struct store store;
	struct arena arena; /* lives as long as the command */
	struct buf out;	    /* the future standard output */
};

/* Logs the complaint, and `about` unless it is "". Returns ERR_USAGE. */
enum err admin_usage(const char *complaint, const char *about);
/* Logs "what why" and returns ERR_INVALID. */
enum err admin_invalid(const char *what, const char *why);
/* Logs "no such thing: text" and returns ERR_NOT_FOUND. */
enum err admin_missing(const char *thing, const char *text);
/* Reads an id from the command line; an id of another form does not exist. */
enum err admin_id(const char *thing, const char *text, struct id *out);
/* Reads the id of an organization, which must exist. */
enum err admin_org(struct admin *a, const char *text, struct id *out);

/* Prints one JSON document and a line end; takes and frees it. */
void admin_json(struct admin *a, struct jtree *v);
/* A uint64_t of a struct: its name for people, its member in JSON, its place.
 */
struct admin_figure {
	const char *name, *member;
	size_t at;
};

/* Prints `n` figures `of` a struct: a line each, or as members. */
void admin_put_lines(struct buf *out, const struct admin_figure *list, size_t n,
		     const void *of);
void admin_put_members(struct jtree *v, const struct admin_figure *list,
		       size_t n, const void *of);
/* Prints them as the requested result. */
void admin_figures(struct admin *a, const struct admin_figure *list, size_t n,
		   const void *of);

/* Prints the requested result, as a line or as {name: text}. */
void admin_print(struct admin *a, const char *name, const char *text);

/* Writes the output so far, without what could do harm on a terminal; for
 * commands with a long output, which must check the result. */
enum err admin_flush(struct admin *a);

struct store_key;
/* An API key's metadata as JSON, without the key itself. */
struct jtree *admin_key_view(const struct store_key *key);

/* The commands. */
enum err admin_migrate(struct admin *a);
enum err admin_config(struct admin *a);
enum err admin_org_create(struct admin *a);
enum err admin_org_list(struct admin *a);
enum err admin_org_delete(struct admin *a);
enum err admin_export(struct admin *a);
enum err admin_erase_user(struct admin *a);
enum err admin_action_list(struct admin *a);
enum err admin_action_add(struct admin *a);
enum err admin_action_remove(struct admin *a);
enum err admin_key_create(struct admin *a);
enum err admin_key_list(struct admin *a);
enum err admin_key_revoke(struct admin *a);
enum err admin_hook_create(struct admin *a);
enum err admin_hook_list(struct admin *a);
enum err admin_hook_enable(struct admin *a);
enum err admin_hook_disable(struct admin *a);
enum err admin_hook_resume(struct admin *a);
enum err admin_hook_delete(struct admin *a);
enum err admin_secret_rewrite(struct admin *a);
enum err admin_publish(struct admin *a);
enum err admin_notification_cancel(struct admin *a);
enum err admin_trigger(struct admin *a);
enum err admin_status(struct admin *a);
enum err admin_doctor(struct admin *a);
enum err admin_verify(struct admin *a);
enum err admin_restored(struct admin *a);
enum err admin_purge(struct admin *a);

#endif
